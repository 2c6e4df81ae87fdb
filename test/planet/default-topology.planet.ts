/** The planet that `mpreg start` runs when nothing else is said. */
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { LocalPlanet } from "./local-planet.ts";
import { expectSoundExplanation, route, testMessage } from "./questions.ts";

let planet: LocalPlanet;

beforeAll(async () => {
  planet = await LocalPlanet.at(join(import.meta.dirname, "../../infra/topologies/planet.yaml"));
  await planet.start();
});

afterAll(() => planet.remove());

test("25 hubs and 76 clusters are healthy when the command returns", async () => {
  const { hubs, clusters } = await planet.registry(null);
  expect(hubs.filter((hub) => hub.state === "alive")).toHaveLength(25);
  expect(clusters).toMatchObject({ total: 76, healthy: 76 });
});

test("clients on five continents are sent to a region of their own, with reasons", async () => {
  const cities = [
    ["New York", "us-east"],
    ["Santiago", "sa-east"],
    ["London", "eu-west"],
    ["Nairobi", "af-south"],
    ["Tokyo", "ap-northeast"],
  ] as const;
  for (const [city, region] of cities) {
    const answer = await route(planet, null, "search", city);
    expect([city, answer.chosen.region]).toEqual([city, region]);
    expectSoundExplanation(answer);
  }
});

test("a test message reaches all hubs of all regions", async () => {
  const { delivered, missing } = await testMessage(planet, "af-south");
  expect(missing).toEqual([]);
  expect(new Set(delivered.map((receipt) => receipt.hub_id)).size).toBe(25);
});
