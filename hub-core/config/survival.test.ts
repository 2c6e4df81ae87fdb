import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { inMillionths } from "../common/required-votes.ts";
import { parseFederationFile } from "./federation-file.ts";
import { hubConfigs } from "./hub-configs.ts";
import { plannedGroups, type Survival, survivalBySize, survivalOf } from "./survival.ts";
import { survivalWarnings } from "./survival-advice.ts";

type PlacedHub = Parameters<typeof plannedGroups>[0][number];

/** A global hub in the first region, a regional hub in each, and local ones beneath them. */
function planet(regions: number, locals = 2): PlacedHub[] {
  const regionals = Array.from({ length: regions }, (_, i) => `r${i}`);
  return [
    { id: "g", region: "r0", tier: "global", parent: null },
    ...regionals.flatMap((region): PlacedHub[] => [
      { id: `hub-${region}`, region, tier: "regional", parent: "g" },
      ...Array.from(
        { length: locals },
        (_, i): PlacedHub => ({
          id: `local-${region}-${i}`,
          region,
          tier: "local",
          parent: `hub-${region}`,
        }),
      ),
    ]),
  ];
}

function globalGroup(hubs: readonly PlacedHub[], threshold: number): Survival {
  const [first] = plannedGroups(hubs);
  if (!first) throw new Error("no global hub");
  return survivalOf(first.id, first.members, inMillionths(threshold));
}

function warnings(hubs: readonly PlacedHub[], threshold: number): string[] {
  return plannedGroups(hubs).flatMap((group) => survivalWarnings(group, threshold));
}

test("CONFIG-22: six voters of whom two share a region, and a threshold of 0.7: that region's loss leaves too few votes", () => {
  const survival = globalGroup(planet(5, 0), 0.7);
  expect(survival).toMatchObject({ requiredVotes: 5, votes: 6, mayLose: 1, inOneRegion: false });
  expect(survival.atRisk).toEqual([{ region: "r0", voters: ["g", "hub-r0"], left: 4 }]);
  const said = warnings(planet(5, 0), 0.7);
  expect(said).toEqual([
    "group global: without region r0 (g, hub-r0) 4 of 6 votes are left and 5 are needed, so writes stop: " +
      "set consensus.threshold to 0.66 or less, or add one more region",
  ]);
  // Both are as good as they are said to be.
  expect(globalGroup(planet(5, 0), 0.66).atRisk).toEqual([]);
  expect(globalGroup(planet(5, 0), 0.67).atRisk).not.toEqual([]);
  expect(warnings(planet(6, 0), 0.7)).toEqual([]);
});

test("CONFIG-22: the default planet survives the loss of any one region with writes going on, and of any hub of each group", () => {
  const file = readFileSync(join(import.meta.dirname, "../../infra/topologies/planet.yaml"), "utf8");
  const parsed = parseFederationFile(file, {});
  if (!parsed.ok) throw new Error("the default planet is not sound");
  const { hubs, regions, settings } = parsed.value;
  const { threshold } = settings.consensus;
  const survival = globalGroup(hubs, threshold);
  expect(survival).toMatchObject({ requiredVotes: 5, mayLose: 2, atRisk: [], learners: ["regional-hub-us-east"] });
  for (const { id } of regions) {
    const left = survival.voters.filter((voter) => hubs.find((hub) => hub.id === voter)?.region !== id);
    expect(left.length).toBeGreaterThanOrEqual(survival.requiredVotes);
  }
  for (const { id, members } of plannedGroups(hubs)) {
    expect(survivalOf(id, members, inMillionths(threshold)).mayLose).toBeGreaterThanOrEqual(1);
  }
  expect(warnings(hubs, threshold)).toEqual([]);
});

test("CONFIG-22: one more region than one cannot help; what is advised would", () => {
  expect(globalGroup(planet(2), 0.6).atRisk.map(({ region }) => region)).toEqual(["r0"]);
  expect(warnings(planet(2), 0.6)).toEqual([expect.stringMatching(/1 of 3 votes.*: add 2 more regions$/)]);
  expect(globalGroup(planet(3), 0.6).atRisk).not.toEqual([]);
  expect(globalGroup(planet(4), 0.6).atRisk).toEqual([]);
});

test("CONFIG-22: a group that needs all its votes is told what to do; one hub alone, or a group in one region, goes whole", () => {
  expect(warnings(planet(4, 1), 0.6)).toEqual(
    ["r0", "r1", "r2", "r3"].map((region) =>
      expect.stringMatching(new RegExp(`^group ${region}: all 2 votes are needed.*: add one more local hub$`)),
    ),
  );
  expect(warnings(planet(4, 0), 0.6)).toEqual([]);
  const [, first] = plannedGroups(planet(4));
  if (!first) throw new Error("no regional hub");
  expect(survivalOf(first.id, first.members, inMillionths(0.6))).toMatchObject({ inOneRegion: true, atRisk: [] });
  expect(warnings(planet(1), 0.6)).toEqual([expect.stringMatching(/^group global: all 2 votes/)]);
});

test("CONFIG-22: neither alone helps where unanimity is asked for in too few regions", () => {
  expect(warnings(planet(2), 1)[0]).toMatch(/: lower consensus.threshold and add hubs in further regions$/);
  expect(warnings(planet(7), 1)[0]).toMatch(/: set consensus.threshold to 0.85 or less$/);
});

test("CONFIG-22: where nobody knows who will be there, it is told by the number of voters", () => {
  expect(survivalBySize(0.7).map(({ requiredVotes, mayLose }) => [requiredVotes, mayLose])).toEqual([
    [1, 0],
    [2, 0],
    [3, 0],
    [3, 1],
    [4, 1],
    [5, 1],
    [5, 2],
  ]);
});

test("CONFIG-6: a hub is told the threshold and the time of its proposals", () => {
  const file = `
federation: { name: f }
regions: [{ id: r, coordinates: { latitude: 0, longitude: 0 } }]
hubs: [{ id: g, region: r, hub_tier: global }, { id: h, region: r, hub_tier: regional, parent_hub: g }]
consensus: { threshold: 0.75 }
`;
  const parsed = parseFederationFile(file, {});
  if (!parsed.ok) throw new Error("the file is not sound");
  const told = hubConfigs(parsed.value, () => "").map(({ consensus }) => consensus);
  expect(told).toEqual([0, 1].map(() => ({ threshold: 0.75, proposalTimeoutMs: 10_000 })));
});
