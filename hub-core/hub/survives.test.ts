import { expect, test } from "vitest";
import { inMillionths } from "../common/required-votes.ts";
import type { Hub } from "./hub.ts";
import { HubWorld, type WorldHub } from "./hub-world.test-helper.ts";
import { type GroupSurvives, survives } from "./survives.ts";

const REGIONS = ["a", "b", "c", "d"];
const PLANET: readonly WorldHub[] = [
  { id: "g", region: "a", tier: "global", parent: null },
  ...REGIONS.map((region): WorldHub => ({ id: `r-${region}`, region, tier: "regional", parent: "g" })),
];

function toldBy(world: HubWorld, hub: string, group: string): GroupSurvives {
  const found = (world.hubs.get(hub) as Hub).groups.find(({ id }) => id === group);
  if (!found) throw new Error(`${hub} is not in ${group}`);
  return survives(found, inMillionths(0.6));
}

test("CONFIG-22: a hub tells what its groups survive, less those that are gone already", () => {
  const world = new HubWorld(PLANET);
  world.run(5_000);
  const voters = ["g", "r-b", "r-c", "r-d", "r-a"];
  const whole = { group: "global", voters, required_votes: 3, votes: 5, may_lose: 2, regions_at_risk: [] };
  for (const { id } of PLANET) expect(toldBy(world, id, "global")).toEqual(whole);
  expect(toldBy(world, "r-b", "b")).toMatchObject({ voters: ["r-b"], may_lose: 0, regions_at_risk: null });
  world.island = new Set(["r-d"]);
  world.run(60_000);
  // Its vote is still counted among those that there are; of the four that are up, region a has two.
  expect(toldBy(world, "g", "global")).toEqual({ ...whole, votes: 4, may_lose: 1, regions_at_risk: ["a"] });
});

test("CONFIG-22: the voters that a group has settled on are taken as they are, whoever would be chosen", () => {
  const world = new HubWorld(PLANET);
  world.run(5_000);
  const group = (world.hubs.get("g") as Hub).groups.find(({ id }) => id === "global");
  if (!group) throw new Error("the global hub is in its own group");
  const told = survives(group, inMillionths(0.6), ["g", "r-a", "gone-since"]);
  expect(told).toMatchObject({ required_votes: 2, votes: 2, may_lose: 0, regions_at_risk: ["a"] });
});
