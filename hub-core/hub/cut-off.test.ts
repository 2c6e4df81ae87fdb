import { expect, test } from "vitest";
import { HubWorld, type WorldHub } from "./hub-world.test-helper.ts";

const PLANET: readonly WorldHub[] = [
  { id: "g", region: "east", tier: "global", parent: null },
  { id: "r-east", region: "east", tier: "regional", parent: "g" },
  { id: "l-east", region: "east", tier: "local", parent: "r-east" },
  { id: "r-west", region: "west", tier: "regional", parent: "g" },
  { id: "l-west", region: "west", tier: "local", parent: "r-west" },
];
const WEST = new Set(["r-west", "l-west"]);

const cutOffSince = (world: HubWorld, seenBy: string, hub: string) =>
  world.hubs.get(seenBy)?.registry.catalog.hub(hub)?.record?.cutOffSince;

test("REG-75: a region that hears no other says so to its own hubs, with the time, and takes it back when it hears again", () => {
  const world = new HubWorld(PLANET);
  world.run(10_000);
  const cutAt = world.now;
  world.island = WEST;
  world.run(9_000);
  for (const seenBy of WEST) {
    const since = cutOffSince(world, seenBy, "r-west") ?? 0;
    expect(since).toBeGreaterThan(cutAt - 1_000);
    expect(since).toBeLessThanOrEqual(cutAt + 10);
  }
  // The others still hear each other.
  for (const id of ["g", "r-east"]) expect(cutOffSince(world, "l-east", id)).toBeNull();
  world.island = new Set();
  world.run(20_000);
  for (const seenBy of [...WEST, "g"]) expect(cutOffSince(world, seenBy, "r-west")).toBeNull();
});
