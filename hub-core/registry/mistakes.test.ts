import { expect, test } from "vitest";
import { World, type WorldOptions } from "./federation.test-helper.ts";
import { hub, planet } from "./planet.test-helper.ts";

function federation(more: Partial<WorldOptions> = {}) {
  const world = new World({ hubs: planet(2, 2), ...more });
  world.run(1_000);
  const register = (at: string, clusterId: string, more: object = {}, redirects = 1) => {
    const node = world.node(at);
    const cluster = { clusterId, endpoints: [{ url: "http://c" }], services: [{ name: "web" }], ...more };
    const write = { kind: "cluster-register", cluster, assigned: redirects > 0, redirects } as const;
    return node.registry.request(write, world.now, world.outbox(node));
  };
  return { world, register };
}

test("REG-70: no cluster takes the id of a hub, its own or another's, near or far", () => {
  const { register } = federation();
  for (const id of ["g", "r1-l1", "r2-l2"]) {
    expect(register("r1-l1", id)).toMatchObject({ ok: false, problem: { status: 409, code: "id_taken" } });
  }
  expect(register("r1-l1", "r9-l9")).toMatchObject({ ok: true, status: 201 });
});

test("REG-70: a hub that comes later by a cluster's id is what the id means, and the cluster is routed to as before", () => {
  const { world, register } = federation();
  expect(register("r1-l1", "twin")).toMatchObject({ status: 201 });
  world.run(1_000);
  const at = world.node("r1");
  const late = hub("twin", "local", "r1", "r1", 3, 20);
  const notice = { kind: "member-changed", group: "r1", hub: late, incarnation: 1, from: null, to: "alive" } as const;
  at.registry.memberChanged(notice, world.now, world.outbox(at));
  const { catalog } = at.registry;
  expect(catalog.hub("twin")).toMatchObject({ tier: "local", state: "alive" });
  expect(catalog.cluster("twin")).toMatchObject({ owner: "r1-l1", vouched: true });
  expect([...catalog.clustersOffering("web")].map(({ record }) => record.clusterId)).toEqual(["twin"]);
  expect(register("r1", "twin")).toMatchObject({ problem: { status: 409, code: "id_taken" } });
});

test("REG-71: a region that no hub is in is refused with those that there are", () => {
  const { register } = federation();
  expect(register("r1-l1", "c", { region: "mars" })).toMatchObject({
    problem: { status: 422, code: "region_unknown", extra: { regions: ["r1", "r2"] } },
  });
  expect(register("r1-l1", "c", { region: "r2" })).toMatchObject({ ok: true });
});

test.each([
  [{}, { intervalMs: 5_000, timeoutMs: 1_000 }],
  [{ intervalMs: 500 }, { intervalMs: 500, timeoutMs: 500 }],
  [{ timeoutMs: 20_000 }, { intervalMs: 20_000, timeoutMs: 20_000 }],
  [
    { intervalMs: 9_000, timeoutMs: 3_000 },
    { intervalMs: 9_000, timeoutMs: 3_000 },
  ],
])("REG-72: of a check that says %j the rest fits", (said, kept) => {
  const { world, register } = federation({ registry: { healthCheckIntervalMs: 5_000, healthCheckTimeoutMs: 1_000 } });
  expect(register("r1-l1", "c", { healthCheck: { url: "http://c", ...said } })).toMatchObject({ ok: true });
  expect(world.registry("r1-l1").catalog.cluster("c")?.record.healthCheck).toEqual({ url: "http://c", ...kept });
});

test("REG-73: a full hub counts itself as it is at that moment, and says what it only knows by hearsay", () => {
  const { world, register } = federation({ limits: { maxClusters: 4 } });
  for (let i = 0; i < 4; i++) register("r1-l1", `c${i}`);
  const others = 4 * (world.nodes.size - 1);
  const hearsay = register("r1-l1", "c9", {}, 3);
  expect(hearsay).toMatchObject({ problem: { status: 507, extra: { limits: { used: 4, capacity: others + 4 } } } });
  expect(hearsay).toMatchObject({ problem: { detail: expect.stringContaining("were asked and are full") } });
  for (const id of world.nodes.keys()) if (id !== "r1-l1") for (let i = 0; i < 4; i++) register(id, `${id}-c${i}`);
  world.run(100);
  const all = { used: others + 4, capacity: others + 4, draining: 0 };
  expect(register("r1-l1", "c9", {}, 0)).toMatchObject({ problem: { status: 507, extra: { limits: all } } });
});

test("REG-24: that a hub is full, or no longer, is told at once", () => {
  const { world, register } = federation({ limits: { maxClusters: 2 } });
  register("r1-l1", "a");
  register("r1-l1", "b");
  world.run(10);
  expect(world.registry("r2").catalog.hub("r1-l1")?.record?.clusters).toBe(2);
  world.run(2_000);
  const node = world.node("r1-l1");
  node.registry.request({ kind: "cluster-remove", clusterId: "a" }, world.now, world.outbox(node));
  world.run(10);
  expect(world.registry("r2").catalog.hub("r1-l1")?.record?.clusters).toBe(1);
});
