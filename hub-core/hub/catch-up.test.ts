import { expect, test } from "vitest";
import { plainQuestion } from "../routing/testing/question.ts";
import { PATIENCE_MS } from "./catch-up.ts";
import type { StoredState } from "./contract.ts";
import { Hub } from "./hub.ts";
import { HubWorld, type WorldHub } from "./hub-world.test-helper.ts";
import type { Request } from "./requests.ts";

const PLANET: readonly WorldHub[] = [
  { id: "g", region: "east", tier: "global", parent: null },
  { id: "r-east", region: "east", tier: "regional", parent: "g" },
  { id: "r-west", region: "west", tier: "regional", parent: "g" },
  { id: "l-west-1", region: "west", tier: "local", parent: "r-west" },
];
const EMPTY: StoredState = { identity: null, records: new Map(), peers: [], outcomes: new Map(), logs: new Map() };

function synced(world: HubWorld, hub: string): unknown {
  world.ask(hub, `health-${hub}-${world.now}`, { kind: "health" });
  const asked = `health-${hub}-${world.now}`;
  world.run(1);
  const reply = world.replies.get(asked) as { ok: true; value: { synced: boolean } };
  return reply.value.synced;
}

test("ROUTE-50: a hub that has just started is not synced, and in the end every hub is", () => {
  const world = new HubWorld(PLANET);
  for (const { id } of PLANET) expect(synced(world, id)).toBe(false);
  world.run(PATIENCE_MS);
  for (const { id } of PLANET) expect(synced(world, id)).toBe(true);
});

test("ROUTE-50: a hub that returns is synced once it has compared views, before it must be, and knows then what the others know", () => {
  const world = new HubWorld(PLANET);
  world.run(5_000);
  const cluster = { clusterId: "c", endpoints: [{ url: "https://c.example" }], services: [{ name: "api" }] };
  world.ask("r-east", "c", { kind: "cluster-register", assigned: true, cluster });
  world.run(2_000);
  for (const id of ["r-west", "l-west-1"]) world.boot(id, EMPTY);
  const caughtUp = new Set<string>();
  for (let ms = 0; ms < PATIENCE_MS - 1_000 && caughtUp.size < 2; ms += 20) {
    world.run(19);
    for (const id of ["r-west", "l-west-1"]) {
      if (!synced(world, id)) continue;
      caughtUp.add(id);
      expect(world.hubs.get(id)?.registry.catalog.cluster("c")).toBeDefined();
    }
  }
  expect(caughtUp.size).toBe(2);
});

test("ROUTE-50: a hub alone is synced after its patience, and its answers and refusals say whether it is", () => {
  const { config } = new HubWorld(PLANET).hubs.get("g") as Hub;
  const hub = new Hub({ config, stored: EMPTY, seed: 1, softwareVersion: "test" }, 0);
  hub.step({ kind: "start" }, 0);
  const ask = (request: Request, now: number) =>
    hub.step({ kind: "requests", asked: [{ id: "x", request }] }, now).find(({ kind }) => kind === "reply");
  const position = { latitude: 0, longitude: 0, source: "query" as const };
  const question = { ...plainQuestion("api", position), decisionId: "d" };
  const refusal = { ok: false, problem: { code: "service_unknown", extra: { synced: false } } };
  expect(ask({ kind: "route", question }, 1)).toMatchObject({ reply: refusal });
  const cluster = { clusterId: "c", endpoints: [{ url: "https://c.example" }], services: [{ name: "api" }] };
  ask({ kind: "cluster-register", assigned: true, cluster }, 2);
  const answer = (synced: boolean) => ({ reply: { ok: true, value: { chosen: { cluster_id: "c" }, synced } } });
  expect(ask({ kind: "route", question }, PATIENCE_MS - 1)).toMatchObject(answer(false));
  expect(ask({ kind: "route", question }, PATIENCE_MS)).toMatchObject(answer(true));
});
