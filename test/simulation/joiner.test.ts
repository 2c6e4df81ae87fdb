import { expect, test } from "vitest";
import { membersDiffer } from "./convergence.ts";
import { realHubs } from "./hub-kind.ts";
import { federation, type Topology } from "./topology.ts";
import { World } from "./world.ts";

/** Hubs that nobody's file names, and that know their parent alone. */
function withJoiners(joiners: ReadonlySet<string>): Topology {
  const { name, hubs } = federation(43, "responsive");
  return {
    name,
    hubs: hubs.map((config) => ({
      ...config,
      seeds: config.seeds.filter(({ hubId }) =>
        joiners.has(config.hub.hubId) ? hubId === config.hub.parent : !joiners.has(hubId),
      ),
    })),
  };
}

test("LINK-7: hubs that know their parent alone join at once, though others have the links that it can spare", () => {
  const locals = federation(43, "responsive").hubs.filter(({ hub }) => hub.tier === "local");
  const joiners = new Set(locals.slice(-5).map(({ hub }) => hub.hubId));
  const world = new World({ seed: 1, topology: withJoiners(joiners), kind: realHubs });
  for (const hub of world.hubs) if (!joiners.has(hub.id)) world.start(hub);
  world.run(60_000);
  for (const hub of world.hubs) if (joiners.has(hub.id)) world.start(hub);
  world.run(5_000);
  expect(membersDiffer(world)).toBeNull();
});
