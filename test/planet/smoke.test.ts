/** That the one command works: a small planet comes up, routes, and goes without a trace. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { isAlive, LocalPlanet, until } from "./local-planet.ts";
import { expectSoundExplanation, route } from "./questions.ts";

test("mpreg start brings a planet up that routes to the nearest cluster, and mpreg stop ends it", async () => {
  const planet = await LocalPlanet.at(join(import.meta.dirname, "three-regions.yaml"));
  try {
    const { regions, supervisor, wan } = await planet.start();
    const { hubs, clusters } = await planet.registry(null);
    expect(hubs.map((hub) => hub.state)).toEqual(Array(8).fill("alive"));
    expect(clusters.healthy).toBe(7);
    const answer = await route(planet, null, "checkout", "Jakarta");
    expect(answer.chosen.region).toBe("ap-southeast");
    expectSoundExplanation(answer);
    expect((await planet.stop()).code).toBe(0);
    const pids = [supervisor.pid, wan.pid, ...regions.flatMap((region) => [region.pid, region.backend_pid])];
    await until("nothing is left", 10_000, () => Promise.resolve(!pids.some(isAlive)));
  } finally {
    await planet.remove();
  }
}, 120_000);
