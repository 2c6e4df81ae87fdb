import { expect, test } from "vitest";
import { isoTime } from "../common/iso-time.ts";
import type { RegistryRequest } from "./registry-requests.ts";
import { federation } from "./requests.test-helper.ts";

test("REG-28: a registration goes to the nearest hub with room, and that hub takes it", () => {
  const { register, at } = federation();
  const far = register("r1-l1", "a", at(2, 41));
  expect(far).toMatchObject({
    ok: false,
    problem: { status: 421, code: "redirect", extra: { hub_id: "r2-l2", region: "r2" } },
  });
  const taken = register("r2-l2", "a", at(2, 41), { assigned: true, redirects: 1 });
  expect(taken).toMatchObject({ ok: true, status: 201, value: { cluster_id: "a", hub_id: "r2-l2", ttl_ms: null } });
});

test("REG-28: a region that is named comes before distance, and stands for coordinates that are not", () => {
  const { register } = federation();
  expect(register("r1-l1", "a", { region: "r2" })).toMatchObject({ problem: { extra: { hub_id: "r2-l1" } } });
});

test("REG-28: a draining hub takes nothing new", () => {
  const { world, register, at } = federation();
  const node = world.node("r1-l1");
  node.registry.setDraining(true, world.now, world.outbox(node));
  world.run(100);
  expect(register("r1-l1", "a", at(1, 20))).toMatchObject({ problem: { extra: { hub_id: "r1-l2" } } });
  expect(register("r1-l2", "a", at(1, 20))).toMatchObject({ ok: true });
});

test("REG-27: a hub never owns more than it may, and with no room anywhere the limits are told", () => {
  const { world, register } = federation({ limits: { maxClusters: 2 } });
  let refusals = 0;
  for (let i = 0; i < 40; i++) {
    let hub = "r1-l1";
    for (let redirects = 0; ; redirects++) {
      const reply = register(hub, `c${i}`, {}, { assigned: redirects > 0, redirects });
      if (!reply.ok && reply.problem.code === "redirect") {
        hub = String(reply.problem.extra?.hub_id);
        continue;
      }
      if (!reply.ok) {
        refusals += 1;
        expect(reply.problem).toMatchObject({ status: 507, code: "capacity_exhausted" });
        expect(reply.problem.extra).toMatchObject({ limits: { max_clusters: 2, hubs: 7, used: 14, capacity: 14 } });
      }
      break;
    }
    world.run(1_000);
    for (const { registry } of world.nodes.values())
      expect(registry.status().limits.clusters.used).toBeLessThanOrEqual(2);
  }
  expect(refusals).toBe(40 - 14);
});

test("REG-27: with hearsay of room everywhere and room nowhere, redirects end", () => {
  const { register } = federation({ limits: { maxClusters: 1 } });
  register("r1-l1", "a", {}, { assigned: true });
  expect(register("r1-l1", "b", {}, { assigned: true, redirects: 3 })).toMatchObject({ problem: { status: 507 } });
});

test("registering again replaces: 200, and what is known of the cluster is kept", () => {
  const { world, ask, register } = federation();
  expect(register("r1-l1", "a")).toMatchObject({ status: 201 });
  ask("r1-l1", { kind: "cluster-heartbeat", clusterId: "a", load: 0.4 });
  const again = { services: [{ name: "web", version: "2" }, { name: "api" }], metadata: { v: 2 } };
  expect(register("r1-l1", "a", again)).toMatchObject({ status: 200 });
  world.run(100);
  expect(world.registry("g").catalog.cluster("a")?.record).toMatchObject({ load: 0.4, metadata: { v: 2 } });
  expect([...world.registry("g").catalog.services()]).toEqual(["web", "api"]);
});

test("REG-29: writes for a cluster of another living hub are sent on to it", () => {
  const { world, ask, register } = federation();
  register("r1-l1", "a");
  world.run(100);
  const writes: RegistryRequest[] = [
    { kind: "cluster-heartbeat", clusterId: "a" },
    { kind: "cluster-remove", clusterId: "a" },
    { kind: "cluster-drain", clusterId: "a" },
    { kind: "cluster-undrain", clusterId: "a" },
    { kind: "cluster-maintenance", clusterId: "a", startsAt: 0, endsAt: 1 },
  ];
  for (const write of writes) {
    expect(ask("r2-l1", write)).toMatchObject({ problem: { code: "redirect", extra: { hub_id: "r1-l1" } } });
    expect(ask("r2-l1", { ...write, clusterId: "b" } as RegistryRequest)).toMatchObject({
      problem: { status: 404, code: "cluster_unknown" },
    });
  }
  expect(register("r2-l1", "a", {}, { assigned: true })).toMatchObject({ problem: { extra: { hub_id: "r1-l1" } } });
});

test("REG-29: of a hub that is gone whoever is asked takes the cluster over", () => {
  const { world, ask, register } = federation({ registry: { adoptAfterMs: 600_000 } });
  register("r1-l1", "a");
  register("r1-l1", "b");
  world.run(100);
  world.kill("r1-l1");
  world.run(1_000);
  expect(ask("r1-l2", { kind: "cluster-heartbeat", clusterId: "a", load: 0.3 })).toMatchObject({ ok: true });
  expect(ask("r1", { kind: "cluster-remove", clusterId: "b" })).toMatchObject({ ok: true, status: 204 });
  world.run(100);
  const { catalog } = world.registry("g");
  expect(catalog.cluster("a")).toMatchObject({
    owner: "r1-l2",
    vouched: true,
    record: { homeHub: "r1-l1", incarnation: 2 },
  });
  expect(catalog.cluster("b")).toBeUndefined();
});

test("REG-29: a write that is refused takes nothing over", () => {
  const { world, ask, register } = federation({ registry: { adoptAfterMs: 600_000 } });
  register("r1-l1", "a");
  world.run(100);
  world.kill("r1-l1");
  world.run(1_000);
  const maintain = (startsAt: number, endsAt: number) =>
    ask("r1-l2", { kind: "cluster-maintenance", clusterId: "a", startsAt, endsAt });
  expect(maintain(0, 1)).toMatchObject({ problem: { status: 422 } });
  expect(maintain(world.now, world.now + 60_000)).toMatchObject({ problem: { status: 409, code: "capacity_unsafe" } });
  world.run(100);
  expect(world.registry("r1-l2").catalog.cluster("a")?.owner).toBe("r1-l1");
  register("r2-l1", "b", {}, { assigned: true });
  world.run(100);
  expect(maintain(world.now, world.now + 60_000)).toMatchObject({ ok: true, value: { hub_id: "r1-l2" } });
});

test("REG-16, REG-40: a deleted cluster is gone everywhere and stays gone, also when its old hub comes back", () => {
  const { world, ask, register } = federation({ registry: { adoptAfterMs: 600_000 } });
  register("r1-l1", "a");
  world.run(1_000);
  world.kill("r1-l1");
  world.run(1_000);
  ask("r1", { kind: "cluster-remove", clusterId: "a" });
  world.start("r1-l1");
  world.run(10_000);
  for (const { registry } of world.nodes.values()) expect(registry.catalog.cluster("a")).toBeUndefined();
  expect(world.registry("r1-l1").status().limits.clusters.used).toBe(0);
  expect(register("r1-l1", "a")).toMatchObject({ status: 201 });
  world.run(100);
  expect(world.registry("g").catalog.cluster("a")?.record.incarnation).toBeGreaterThan(2);
});

test("REG-40: a deletion outlives a hand-over that is under way", () => {
  const { world, ask, register } = federation();
  register("r1-l1", "a");
  world.run(1_000);
  const record = world.registry("r1-l1").catalog.cluster("a")?.record;
  if (!record) throw new Error("it was registered");
  ask("r1-l1", { kind: "cluster-remove", clusterId: "a" });
  const l2 = world.node("r1-l2");
  const assign = { kind: "assign", assignment: 1, from: "r1", to: "r1-l2", hops: 0, purpose: "adoption" } as const;
  l2.registry.receive("r1", { ...assign, clusters: [record] }, world.now, world.outbox(l2));
  world.run(2_000);
  for (const { registry } of world.nodes.values()) expect(registry.catalog.cluster("a")).toBeUndefined();
  expect(l2.registry.status().limits.clusters.used).toBe(0);
});

test("REG-39: maintenance is refused when the rest could not carry the load, and tells which service is short", () => {
  const { world, ask, register } = federation();
  const capacity = (n: number) => ({ services: [{ name: "web", capacity: n }] });
  register("r1-l1", "a", capacity(100));
  register("r1-l2", "b", capacity(60), { assigned: true });
  world.run(100);
  const window = { startsAt: world.now, endsAt: world.now + 60_000 };
  const maintain = (hub: string, clusterId: string) => ask(hub, { kind: "cluster-maintenance", clusterId, ...window });
  ask("r1-l1", { kind: "cluster-heartbeat", clusterId: "a", load: 0.7 });
  world.run(100);
  expect(maintain("r1-l1", "a")).toMatchObject({
    problem: {
      status: 409,
      code: "capacity_unsafe",
      extra: { services: [{ service: "web", demand: 70, capacity: 60 }] },
    },
  });
  expect(maintain("r1-l2", "b")).toMatchObject({ ok: true, value: { state: "maintenance" } });
  world.run(100);
  ask("r1-l1", { kind: "cluster-heartbeat", clusterId: "a", load: 0.1 });
  expect(maintain("r1-l1", "a")).toMatchObject({ problem: { code: "capacity_unsafe" } });
  expect(ask("r1-l1", { kind: "cluster-maintenance", clusterId: "a", startsAt: 0, endsAt: 1 })).toMatchObject({
    problem: { status: 422 },
  });
});

test("REG-39: a cluster without a limit carries everything", () => {
  const { world, ask, register } = federation();
  register("r1-l1", "a", { services: [{ name: "web", capacity: 100 }] });
  register("r1-l1", "b");
  ask("r1-l1", { kind: "cluster-heartbeat", clusterId: "a", load: 1 });
  const window = { startsAt: world.now + 1_000, endsAt: world.now + 2_000 };
  expect(ask("r1-l1", { kind: "cluster-maintenance", clusterId: "a", ...window })).toMatchObject({ ok: true });
});

test("a registration that is too large, or cannot be encoded, is refused and changes nothing", () => {
  const { world, register } = federation();
  const endpoints = Array.from({ length: 20 }, (_, i) => ({ url: `http://${i}/${"x".repeat(1_500)}` }));
  expect(register("r1-l1", "a", { endpoints })).toMatchObject({ problem: { status: 413, code: "record_too_large" } });
  expect(register("r1-l1", "a", { namespace: "é".repeat(100) })).toMatchObject({ problem: { status: 422 } });
  expect(world.registry("r1-l1").catalog.cluster("a")).toBeUndefined();
});

test("clusters are listed by id, filtered and paged", () => {
  const { world, ask, register } = federation();
  for (let i = 0; i < 25; i++) {
    const services = [{ name: i % 2 ? "web" : "api", tags: i % 5 ? [] : ["gpu"] }];
    register(
      "r1-l1",
      `c${String(i).padStart(2, "0")}`,
      { services, namespace: i < 20 ? "prod" : "test" },
      { assigned: true },
    );
  }
  world.run(1_000);
  const list = (filter: object) => {
    const reply = ask("g", { kind: "cluster-list", ...filter });
    if (!reply.ok) throw new Error(reply.problem.detail);
    return reply.value as { clusters: { cluster_id: string; age_ms: number }[]; next_cursor: string | null };
  };
  expect(list({}).clusters.length).toBe(25);
  expect(list({ service: "api" }).clusters.length).toBe(13);
  expect(list({ service: "api", tag: "gpu", namespace: "prod" }).clusters.map((c) => c.cluster_id)).toEqual([
    "c00",
    "c10",
  ]);
  expect(list({ region: "r2" }).clusters).toEqual([]);
  expect(list({ state: "draining" }).clusters).toEqual([]);
  const seen: string[] = [];
  for (let cursor: string | undefined, pages = 0; pages < 5; pages++) {
    const page = list({ limit: 10, cursor });
    seen.push(...page.clusters.map((c) => c.cluster_id));
    if (page.next_cursor === null) break;
    cursor = page.next_cursor;
  }
  expect(seen).toEqual(list({}).clusters.map((c) => c.cluster_id));
  expect(list({}).clusters[0]?.age_ms).toBe(1_000);
});

test("one cluster, one service, all services, and the registry's status are answered in the words of the API", () => {
  const { world, ask, register } = federation();
  register("r1-l1", "a", {
    services: [{ name: "web", capacity: 100 }],
    healthCheck: { url: "http://a/h" },
    ttlMs: 5_000,
  });
  register("r1-l2", "b", { region: "r2", services: [{ name: "web", capacity: 300 }] }, { assigned: true });
  ask("r1-l1", { kind: "cluster-heartbeat", clusterId: "a", load: 0.4, inFlight: 3 });
  ask("r1-l2", { kind: "cluster-drain", clusterId: "b" });
  world.run(1_000);
  expect(ask("g", { kind: "cluster-get", clusterId: "a" })).toMatchObject({
    value: {
      cluster_id: "a",
      hub_id: "r1-l1",
      state: "passing",
      ttl_ms: 5_000,
      health_check: { url: "http://a/h", interval_ms: 2_000, timeout_ms: 1_000 },
      in_flight: 3,
      vouched: true,
      namespace: "default",
    },
  });
  expect(ask("g", { kind: "cluster-get", clusterId: "z" })).toMatchObject({ problem: { code: "cluster_unknown" } });
  const web = { name: "web", clusters: 2, healthy: 1, regions: ["r1", "r2"], capacity: 100, load: 0.4 };
  expect(ask("g", { kind: "service-list" })).toMatchObject({ value: { services: [web], next_cursor: null } });
  expect(ask("g", { kind: "service-get", name: "web" })).toMatchObject({
    value: {
      ...web,
      by_region: [
        { region: "r1", healthy: 1 },
        { region: "r2", healthy: 0 },
      ],
      offered_by: [{ cluster_id: "a" }, { cluster_id: "b" }],
    },
  });
  expect(ask("g", { kind: "service-get", name: "nope" })).toMatchObject({
    problem: { status: 404, code: "service_unknown" },
  });
  const status = ask("g", { kind: "registry-status" });
  expect(status).toMatchObject({ value: { clusters: { total: 2, healthy: 1, draining: 1 }, services: 1 } });
  expect((status as { value: { hubs: object[] } }).value.hubs).toContainEqual({
    hub_id: "r1",
    tier: "regional",
    region: "r1",
    coordinates: { latitude: 0, longitude: 20 },
    state: "alive",
    incarnation: 1,
    parent: "g",
    children: ["r1-l1", "r1-l2"],
    clusters: 0,
    capacity: 100,
    load: 0,
    draining: false,
    version: "1.0.0",
  });
});

test("REG-26: the registry's status tells what each region's hub says of the region, wherever it is asked", () => {
  const { world, ask, register } = federation();
  register("r1-l1", "a", { services: [{ name: "web", capacity: 100 }, { name: "api" }] }, { assigned: true });
  register("r1-l1", "b", { services: [{ name: "web", capacity: 300 }] }, { assigned: true });
  register("r2-l1", "c", { region: "r2", services: [{ name: "web" }] }, { assigned: true });
  ask("r1-l1", { kind: "cluster-drain", clusterId: "b" });
  ask("r2-l1", { kind: "cluster-drain", clusterId: "c" });
  world.run(20_000);
  const summarised = (hub: string) => {
    const { summaries } = (ask(hub, { kind: "registry-status" }) as { value: { summaries: object[] } }).value;
    return summaries.map((each) => ({ ...each, updated_at: "" }));
  };
  const service = (name: string, clusters: number, healthy: number, capacity: number | null) => {
    return { name, clusters, healthy, capacity, load: 0 };
  };
  const told = { hubs: 3, updated_at: "" };
  const one = [service("web", 2, 1, 100), service("api", 1, 1, null)];
  const expected = [
    // The global hub stands in the first region.
    { ...told, region: "r1", hubs: 4, clusters: 2, healthy: 1, services: one },
    { ...told, region: "r2", clusters: 1, healthy: 0, services: [service("web", 1, 0, 0)] },
  ];
  for (const hub of ["g", "r1-l1", "r2-l2"]) expect(summarised(hub)).toEqual(expected);
});

test("a time that no calendar holds is written as the latest there is", () => {
  expect(isoTime(Number.MAX_SAFE_INTEGER)).toBe("+275760-09-13T00:00:00.000Z");
  expect(isoTime(0)).toBe("1970-01-01T00:00:00.000Z");
});
