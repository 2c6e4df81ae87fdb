/** A hub leaves on purpose: the others see it `left` and never `failed`, and its clusters go on elsewhere. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { everyoneAlive, hubsSeenFrom, registration } from "./answers.ts";
import { call, eventually, type Planet, type Region } from "./region.ts";
import { ALL_HUBS, startTwoRegions } from "./two-regions.ts";

let planet: Planet;
let us: Region;
let eu: Region;

beforeAll(async () => {
  ({ planet, us, eu } = await startTwoRegions());
  for (const region of planet.regions) await everyoneAlive(region, ALL_HUBS.length);
}, 60_000);

afterAll(() => planet?.stop());

/** Every state that a hub was seen in, from both regions, until `isOver`. */
async function statesUntil(hub: string, isOver: (states: readonly (string | undefined)[]) => boolean) {
  const seen = new Set<string>();
  await eventually(`${hub} as expected`, async () => {
    const views = await Promise.all(planet.regions.map((region) => hubsSeenFrom(region)));
    const states = views.map((view) => view.get(hub)?.state);
    for (const state of states) if (state !== undefined) seen.add(state);
    return isOver(states) ? true : undefined;
  });
  return seen;
}

test("HUB-10: after POST /admin/shutdown the hub is `left` in both regions, its cluster is adopted, and its /health is 503", async () => {
  const body = registration("bristol-1", "eu-west", "checkout");
  const at = "/hubs/local-lon/api/clusters";
  expect((await call(eu, at, { method: "POST", role: "operator", body })).status).toBe(201);
  expect((await call(eu, "/hubs/local-lon/admin/shutdown", { method: "POST", role: "operator" })).status).toBe(403);
  const shutdown = { method: "POST", role: "admin", body: { timeout_ms: 2_000 } } as const;
  const done = await call(eu, "/hubs/local-lon/admin/shutdown", shutdown);
  expect(done).toMatchObject({ status: 202, body: { hub_id: "local-lon", state: "left", clusters: 1 } });
  const seen = await statesUntil("local-lon", (states) => states.every((state) => state === "left"));
  expect([...seen].filter((state) => state === "failed" || state === "suspect")).toEqual([]);
  const { body: cluster } = await eventually("another owner", async () => {
    const answer = await call(us, "/api/clusters/bristol-1", { role: "viewer" });
    return (answer.body as { hub_id: string }).hub_id === "local-lon" ? undefined : answer;
  });
  expect(cluster).toMatchObject({ hub_id: "regional-eu", home_hub_id: "local-lon" });
  expect(await call(eu, "/hubs/local-lon/health")).toMatchObject({ status: 503, body: { draining: true } });
  expect(await call(eu, "/hubs/local-lon/api/registry/status", { role: "viewer" })).toMatchObject({
    status: 503,
    body: { code: "hub_left" },
  });
  // The edge itself goes on: another hub of the region answers.
  expect(await call(eu, "/health")).toMatchObject({ status: 200, body: { node_id: "regional-eu" } });
});

test("HUB-11: after a restart it is alive again, as a higher incarnation, answers and has its cluster back", async () => {
  const before = (await hubsSeenFrom(us)).get("local-lon");
  expect(before).toMatchObject({ state: "left" });
  await eu.stop();
  await eu.start();
  await call(eu, "/health");
  const after = await eventually("local-lon alive", async () => {
    const seen = (await hubsSeenFrom(us)).get("local-lon");
    return seen?.state === "alive" ? seen : undefined;
  });
  expect(after.incarnation).toBeGreaterThan(before?.incarnation ?? Number.POSITIVE_INFINITY);
  expect(await call(eu, "/hubs/local-lon/health")).toMatchObject({ status: 200, body: { draining: false } });
  await eventually("the cluster at its home", async () => {
    const { body } = await call(us, "/api/clusters/bristol-1", { role: "viewer" });
    return (body as { hub_id?: string }).hub_id === "local-lon" ? true : undefined;
  });
}, 60_000);
