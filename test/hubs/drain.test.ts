/** A hub is drained on purpose: it hands over what it has and goes on answering, over a restart too, until it is undrained. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { everyoneAlive, registration } from "./answers.ts";
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

const ownerSeenFrom = async (region: Region) => {
  const { body } = await call(region, "/api/clusters/bristol-1", { role: "viewer" });
  return (body as { hub_id?: string }).hub_id;
};

test("COORD-12: after POST /admin/drain its cluster is another's, routed to all the while, and /health says draining", async () => {
  const body = registration("bristol-1", "eu-west", "checkout");
  expect((await call(eu, "/hubs/local-lon/api/clusters", { method: "POST", role: "operator", body })).status).toBe(201);
  await eventually("the cluster everywhere", async () =>
    (await ownerSeenFrom(us)) === "local-lon" ? true : undefined,
  );
  await eventually("the service at every hub that routes", async () => {
    const routed = await call(us, "/api/route?service=checkout");
    return routed.status === 200 ? true : undefined;
  });
  const drain = "/hubs/local-lon/admin/drain";
  expect((await call(eu, drain, { method: "POST", role: "operator" })).status).toBe(403);
  expect(await call(eu, drain, { method: "POST", role: "admin" })).toMatchObject({
    status: 200,
    body: { hub_id: "local-lon", draining: true, clusters: 1 },
  });
  await eventually("another owner", async () => {
    const routed = await call(us, "/api/route?service=checkout");
    expect(routed).toMatchObject({ status: 200, body: { chosen: { cluster_id: "bristol-1" } } });
    return (await ownerSeenFrom(us)) === "regional-eu" ? true : undefined;
  });
  expect(await call(eu, "/hubs/local-lon/health")).toMatchObject({ status: 503, body: { draining: true } });
  expect(await call(eu, "/health")).toMatchObject({ status: 200, body: { node_id: "regional-eu" } });
  expect(await call(eu, "/hubs/local-lon/api/route?service=checkout")).toMatchObject({ status: 200 });
  const again = registration("bristol-2", "eu-west", "checkout");
  const registered = await call(eu, "/hubs/local-lon/api/clusters", { method: "POST", role: "operator", body: again });
  expect(registered).toMatchObject({ status: 201, body: { hub_id: "regional-eu" } });
});

test("COORD-13: it drains on after a restart; undrained, it has its cluster back", async () => {
  await eu.stop();
  await eu.start();
  await call(eu, "/health");
  expect(await call(eu, "/hubs/local-lon/health")).toMatchObject({ status: 503, body: { draining: true } });
  const undrained = await call(eu, "/hubs/local-lon/admin/undrain", { method: "POST", role: "admin" });
  expect(undrained).toMatchObject({ status: 200, body: { draining: false } });
  expect(await call(eu, "/hubs/local-lon/health")).toMatchObject({ status: 200, body: { draining: false } });
  await eventually("the cluster at its home", async () =>
    (await ownerSeenFrom(us)) === "local-lon" ? true : undefined,
  );
}, 60_000);

test("status says who acts for each group", async () => {
  const { body } = await call(us, "/api/registry/status", { role: "viewer" });
  const { groups } = body as { groups: { group: string; coordinator: string; acting: boolean }[] };
  expect(groups).toContainEqual(
    expect.objectContaining({ group: "eu-west", coordinator: "regional-eu", acting: false }),
  );
  const status = await call(eu, "/hubs/local-lon/api/status", { role: "viewer" });
  expect(status.body).toMatchObject({ coordination: { "eu-west": { coordinator: "regional-eu", acting: false } } });
});

test("what the federation agrees on takes the place of the file at every hub, also of one that starts anew", async () => {
  const fanout = async (region: Region, hub: string) => {
    const { body } = await call(region, `/hubs/${hub}/admin/config`, { role: "admin" });
    return (body as { effective: { gossip: { fanout: number } } }).effective.gossip.fanout;
  };
  const everywhere = (wanted: number) =>
    eventually(`a fanout of ${wanted} at every hub`, async () => {
      const found = await Promise.all(
        ALL_HUBS.map((hub) => fanout(hub.endsWith("eu") || hub.endsWith("lon") ? eu : us, hub)),
      );
      return found.every((each) => each === wanted) ? true : undefined;
    });
  const before = await fanout(us, "global-hub");
  const agreed = await call(us, "/admin/config", {
    method: "PUT",
    role: "admin",
    body: { gossip: { fanout: before + 2 } },
  });
  expect([200, 202]).toContain(agreed.status);
  await everywhere(before + 2);
  await eu.stop();
  await eu.start();
  await call(eu, "/health");
  await everywhere(before + 2);
  const wrong = await call(us, "/admin/config", { method: "PUT", role: "admin", body: { gossip: { fanout: -1 } } });
  expect(wrong).toMatchObject({ status: 400 });
  expect((await call(us, "/admin/config", { method: "PUT", role: "operator", body: {} })).status).toBe(403);
  expect([200, 202]).toContain((await call(us, "/admin/config", { method: "PUT", role: "admin", body: {} })).status);
  await everywhere(before);
}, 60_000);
