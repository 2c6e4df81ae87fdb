/** Two regions as two runtime processes: their hubs find each other, tell each other, and answer for each other. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { everyoneAlive, hubsSeenFrom, registration, sendTestMessage } from "./answers.ts";
import { call, eventually, type Planet, type Region } from "./region.ts";
import { ALL_HUBS, startTwoRegions } from "./two-regions.ts";

let planet: Planet;
let us: Region;
let eu: Region;

beforeAll(async () => {
  ({ planet, us, eu } = await startTwoRegions());
}, 60_000);

afterAll(() => planet?.stop());

test("all hubs of both regions are alive in the eyes of each", async () => {
  for (const region of planet.regions) {
    const seen = await everyoneAlive(region, ALL_HUBS.length);
    expect([...seen.keys()].sort()).toEqual(ALL_HUBS);
  }
});

test("a hub of another region answers through the edge that was asked, and says who it is", async () => {
  const { status, body } = await call(us, "/hubs/local-lon/health");
  expect(status).toBe(200);
  expect(body).toMatchObject({ node_id: "local-lon", region: "eu-west" });
});

test("a hub that is nowhere is 404 hub_unknown", async () => {
  const { status, body } = await call(us, "/hubs/local-atlantis/health");
  expect(status).toBe(404);
  expect(body).toMatchObject({ code: "hub_unknown", status: 404 });
});

test("a cluster registered at one edge is owned where it is, and routed to from everywhere", async () => {
  const registered = await call(us, "/api/clusters", {
    method: "POST",
    role: "operator",
    body: registration("paris-1", "eu-west", "checkout"),
  });
  expect(registered.status).toBe(201);
  expect((registered.body as { hub_id: string }).hub_id).toMatch(/^(local-lon|regional-eu)$/);
  for (const region of planet.regions) {
    const route = await eventually(`a route from ${region.id}`, async () => {
      const answer = await call(region, "/api/route?service=checkout&from=Nairobi&explain=1");
      return answer.status === 200 ? answer : undefined;
    });
    expect(route.body).toMatchObject({
      chosen: { cluster_id: "paris-1", region: "eu-west" },
      position: { source: "place" },
    });
    expect(route.headers.get("server-timing")).toMatch(/^hub;dur=\d/);
  }
  const again = await call(us, "/api/clusters", {
    method: "POST",
    role: "operator",
    body: registration("paris-1", "eu-west", "checkout"),
  });
  expect(again.status).toBe(200);
});

test("a cluster that leaves is gone from the routes of every region", async () => {
  expect((await call(us, "/api/clusters/paris-1", { method: "DELETE", role: "operator" })).status).toBe(204);
  for (const region of planet.regions) {
    await eventually(`no route from ${region.id}`, async () => {
      const { status } = await call(region, "/api/route?service=checkout");
      return status === 404 ? true : undefined;
    });
  }
});

test("a test message reaches every hub, with a receipt from each", async () => {
  const report = await sendTestMessage(us);
  expect(report.delivered.map(({ hub_id }) => hub_id).sort()).toEqual(ALL_HUBS);
});

test("a hub that cannot store what it must says nothing, dies, and comes back as it last stood", async () => {
  const kept = registration("london-1", "eu-west", "search");
  const post = { method: "POST", role: "operator" } as const;
  expect((await call(eu, "/hubs/local-lon/api/clusters", { ...post, body: kept })).status).toBe(201);
  const before = (await hubsSeenFrom(us)).get("local-lon")?.incarnation ?? Number.POSITIVE_INFINITY;
  await eu.sql(
    "local-lon",
    "CREATE TRIGGER full BEFORE INSERT ON records WHEN NEW.key = 'cluster/lost-1' BEGIN SELECT RAISE(ABORT, 'full'); END",
  );
  const lost = registration("lost-1", "eu-west", "search");
  expect((await call(eu, "/hubs/local-lon/api/clusters", { ...post, body: lost })).status).toBe(503);
  const after = await eventually("local-lon alive again", async () => {
    const seen = (await hubsSeenFrom(us)).get("local-lon");
    return seen?.state === "alive" && seen.incarnation > before ? seen : undefined;
  });
  expect(after.incarnation).toBe(before + 1);
  await eu.sql("local-lon", "DROP TRIGGER full");
  expect((await call(eu, "/hubs/local-lon/api/clusters/lost-1", { role: "viewer" })).status).toBe(404);
  expect((await call(us, "/api/clusters/london-1", { role: "viewer" })).body).toMatchObject({ state: "passing" });
  for (const region of planet.regions) await everyoneAlive(region, ALL_HUBS.length);
}, 60_000);

test("regions that are cut apart lose each other and are one again after the heal", async () => {
  for (const { wire } of planet.regions) wire.cut();
  for (const [region, lost] of [
    [us, "regional-eu"],
    [eu, "regional-us"],
  ] as const) {
    await eventually(`${lost} failed in the eyes of ${region.id}`, async () => {
      const state = (await hubsSeenFrom(region)).get(lost)?.state;
      return state === "failed" ? true : undefined;
    });
  }
  const forwarded = await call(us, "/hubs/regional-eu/health");
  expect(forwarded.status).toBe(503);
  expect(forwarded.body).toMatchObject({ code: "region_unreachable", hub_id: "regional-eu" });
  for (const { wire } of planet.regions) wire.heal();
  for (const region of planet.regions) await everyoneAlive(region, ALL_HUBS.length);
}, 60_000);

test("a region that is restarted has kept what its hubs knew, and nobody starts over", async () => {
  const before = await everyoneAlive(us, ALL_HUBS.length);
  await eu.stop();
  await eu.start();
  await call(eu, "/health");
  for (const hub of ["regional-eu", "local-lon"]) {
    const last = before.get(hub)?.incarnation ?? Number.POSITIVE_INFINITY;
    await eventually(`${hub} alive with a higher incarnation than ${last}`, async () => {
      const seen = (await hubsSeenFrom(us)).get(hub);
      return seen?.state === "alive" && seen.incarnation > last ? true : undefined;
    });
  }
  const { body } = await eventually("the cluster of the restarted region", async () => {
    const answer = await call(us, "/api/clusters/london-1", { role: "viewer" });
    return answer.status === 200 ? answer : undefined;
  });
  expect(body).toMatchObject({ services: [{ name: "search" }] });
}, 60_000);
