import { expect, test } from "vitest";
import { SOUNDING_EVERY_MS } from "../routing/index.ts";
import { HubWorld } from "./hub-world.test-helper.ts";

test("ROUTE-48: a hub sounds a cluster of another owner, every hub learns of it, and the owner's own checks go on", () => {
  const world = new HubWorld([
    { id: "g", region: "east", tier: "global", parent: null },
    { id: "r-east", region: "east", tier: "regional", parent: "g" },
    { id: "r-west", region: "west", tier: "regional", parent: "g" },
  ]);
  for (const [clusterId, latitude] of [
    ["c1", 11],
    ["c2", 12],
  ] as const) {
    world.ask("r-west", clusterId, {
      kind: "cluster-register",
      assigned: true,
      cluster: {
        clusterId,
        coordinates: { latitude, longitude: 10 },
        endpoints: [{ url: `https://${clusterId}.example` }],
        services: [{ name: "api" }],
        healthCheck: { url: `https://${clusterId}.example/health`, intervalMs: 60_000, timeoutMs: 2_000 },
      },
    });
  }
  world.run(2 * SOUNDING_EVERY_MS);
  const checksOf = (asker: string): string[] =>
    world.trace
      .filter(({ hub }) => hub === asker)
      .flatMap(({ effects }) => effects.flatMap((effect) => (effect.kind === "check" ? [effect.check.clusterId] : [])));
  const expected = ["g", "r-east"].map((asker) => {
    const [first, ...rest] = checksOf(asker);
    expect(rest).toEqual([first, first]);
    return [asker, asker, first];
  });
  for (const hub of world.hubs.values()) {
    const told = [...hub.registry.catalog.latencies()].map(({ origin, record }) => [origin, record.from, record.to]);
    expect(told.sort()).toEqual(expected);
  }
  expect(checksOf("r-west").length).toBeGreaterThan(20);
});
