import { expect, test } from "vitest";
import { DEFAULT_TOPOLOGY, loadTopology, roadsOf } from "./topology.ts";

const planet = await loadTopology(DEFAULT_TOPOLOGY);

test("the planet has at least 5 regions, each with a regional hub and 2 local ones, and one global hub", () => {
  expect(planet.regions.length).toBeGreaterThanOrEqual(5);
  expect(planet.hubs.filter((hub) => hub.tier === "global")).toHaveLength(1);
  for (const { id } of planet.regions) {
    const inRegion = planet.hubs.filter((hub) => hub.region === id);
    expect(inRegion.filter((hub) => hub.tier === "regional")).toHaveLength(1);
    expect(inRegion.filter((hub) => hub.tier === "local").length).toBeGreaterThanOrEqual(2);
  }
});

test("the planet has at least 60 clusters in every region and 6 services, none of them everywhere", () => {
  expect(planet.clusters.length).toBeGreaterThanOrEqual(60);
  expect(new Set(planet.clusters.map((cluster) => cluster.region)).size).toBe(planet.regions.length);
  const offers = planet.clusters.map((cluster) => new Set(cluster.services.map((service) => service.name)));
  const names = new Set(offers.flatMap((offered) => [...offered]));
  expect(names.size).toBeGreaterThanOrEqual(6);
  for (const name of names) expect(offers.some((offered) => !offered.has(name))).toBe(true);
});

test("there is a road each way between any two regions, and both ways are as long", () => {
  const { roads, missing } = roadsOf(planet);
  expect(missing).toEqual([]);
  expect(roads).toHaveLength(planet.regions.length * (planet.regions.length - 1));
  for (const { from, to, rttMs } of roads) {
    expect(roads).toContainEqual({ from: to, to: from, rttMs });
  }
});

test("no round trip outlasts the probe time-out: distance alone makes nobody suspect", () => {
  const longest = Math.max(...roadsOf(planet).roads.map((road) => road.rttMs));
  expect(longest).toBeLessThan(planet.settings.membership.probeTimeoutMs);
});
