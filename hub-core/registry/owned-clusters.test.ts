import { expect, test } from "vitest";
import { type CheckOutcome, MAX_CHECKS_AT_ONCE } from "../common/outbox.ts";
import type { RegistryConfig } from "../config/hub-config.ts";
import type { ClusterRecord } from "../wire/catalog.ts";
import { World } from "./federation.test-helper.ts";
import { FLAP_BURST, SETTLING_CHANGES } from "./flap-damper.ts";
import { hub, planet } from "./planet.test-helper.ts";

const HEALTH_CHECK = { healthCheck: { url: "http://a/health", intervalMs: 2_000, timeoutMs: 1_000 } };
const REFUSED: CheckOutcome = { kind: "refused" };
const OK: CheckOutcome = { kind: "answered", status: 200, latencyMs: 10 };

function single(registry: Partial<RegistryConfig> = {}) {
  const world = new World({ hubs: [hub("h", "local", "r", null)], registry });
  const node = world.node("h");
  const record = (id = "a") => world.registry("h").catalog.cluster(id)?.record;
  const told = (id = "a") => node.published.filter(({ key }) => key === `cluster/${id}`);
  const request = (request: Parameters<typeof node.registry.request>[0]) =>
    node.registry.request(request, world.now, world.outbox(node));
  const heartbeat = (more: object = {}, clusterId = "a") => request({ kind: "cluster-heartbeat", clusterId, ...more });
  return { world, node, record, told, request, heartbeat };
}

test("REG-31: a missed heartbeat is critical at once, and a heartbeat takes it back, ramped", () => {
  const { world, record, heartbeat } = single();
  world.register("h", "a", { ttlMs: 10_000 });
  world.run(9_000);
  heartbeat();
  world.run(9_999);
  expect(record()?.state).toBe("passing");
  world.run(2);
  expect(record()).toMatchObject({ state: "critical", reason: "no heartbeat for 10000 ms" });
  expect(heartbeat()).toEqual({ ok: true, status: 200, value: { ttl_ms: 10_000 } });
  expect(record()).toMatchObject({ state: "passing", rampUntil: world.now + 10_000 });
});

test("REG-32: a cluster that refuses connections is critical within one interval and its second look", () => {
  const { world, record } = single();
  world.register("h", "a", HEALTH_CHECK);
  world.run(10_000);
  world.outcome = () => REFUSED;
  world.run(2_200 + 300 + 100);
  expect(record()?.state).toBe("critical");
});

test("REG-32, REG-36: it recovers through the healthy threshold, and then ramps up", () => {
  const { world, record, told } = single({ healthyThreshold: 3 });
  world.register("h", "a", HEALTH_CHECK);
  world.outcome = () => REFUSED;
  world.run(5_000);
  expect(record()?.state).toBe("critical");
  world.outcome = () => OK;
  world.run(10_000);
  const states = told()
    .filter(({ priority }) => priority === "urgent")
    .map(({ body }) => (body as ClusterRecord).state);
  expect(states).toEqual(["passing", "critical", "passing"]);
  expect(record()?.rampUntil).toBe((record()?.stateSince ?? 0) + 10_000);
});

test("REG-34: at most one check per cluster and four per hub are under way, and every cluster gets its turn", () => {
  const { world, node } = single();
  for (let i = 0; i < 20; i++) world.register("h", `c${i}`, HEALTH_CHECK);
  expect(node.checks.length).toBe(MAX_CHECKS_AT_ONCE);
  world.run(1_000);
  expect(new Set(node.checks.map(({ clusterId }) => clusterId)).size).toBe(20);
});

test("REG-34: a check whose answer is lost is given up, and an answer that comes after that is ignored", () => {
  const { world, node, record } = single({ unhealthyThreshold: 1 });
  const out = { ...world.outbox(node), check: (check: (typeof node.checks)[number]) => void node.checks.push(check) };
  const cluster = { clusterId: "a", endpoints: [], services: [], ...HEALTH_CHECK };
  node.registry.request({ kind: "cluster-register", cluster }, world.now, out);
  world.outcome = () => REFUSED;
  world.run(6_100);
  expect(record()?.state).toBe("critical");
  const [lost] = node.checks;
  node.registry.checked("a", lost?.token ?? 0, OK, world.now, out);
  expect(record()?.state).toBe("critical");
});

test("REG-35: a cluster that flaps tells at most its burst plus one change per window, and is seen down meanwhile", () => {
  const { world, told, heartbeat, record } = single({ flapWindowMs: 30_000 });
  world.register("h", "a");
  for (let second = 0; second < 600; second++) {
    heartbeat({ services: { web: { healthy: second % 2 === 0 } } });
    world.run(1_000);
  }
  expect(told().length - 1).toBeLessThanOrEqual(FLAP_BURST + SETTLING_CHANGES + 600 / 30);
  heartbeat({ services: { web: { healthy: false } } });
  expect(record()?.state).toBe("critical");
  heartbeat({ services: { web: { healthy: true } } });
  world.run(120_000);
  expect(record()?.state).toBe("passing");
});

test("REG-35: a thousand changes an hour of one cluster do not hold another's back", () => {
  const { world, record, heartbeat } = single();
  world.register("h", "a");
  world.register("h", "b");
  for (let i = 0; i < 50; i++) heartbeat({ services: { web: { healthy: i % 2 === 0 } } }, "a");
  heartbeat({ services: { web: { healthy: false } } }, "b");
  expect(record("b")?.state).toBe("critical");
  heartbeat({ services: { web: { healthy: true } } }, "b");
  expect(record("b")?.state).toBe("passing");
});

test("REG-37: loads are told when they move by a tenth, else every 30 s, as bulk", () => {
  const { world, told, heartbeat, record } = single();
  world.register("h", "a");
  for (let i = 1; i <= 9; i++) heartbeat({ load: 0.01 * i });
  expect(told().length).toBe(1);
  heartbeat({ load: 0.12, inFlight: 7 });
  expect(told().length).toBe(2);
  expect(told()[1]).toMatchObject({ priority: "bulk", body: { load: 0.12, inFlight: 7 } });
  heartbeat({ load: 0.15 });
  world.run(29_000);
  expect(record()?.load).toBe(0.12);
  world.run(2_000);
  expect(record()?.load).toBe(0.15);
  world.run(300_000);
  expect(told().length).toBe(3);
});

test("REG-13: loads are stored at most every 30 s, states at once", () => {
  const { world, node, heartbeat } = single();
  world.register("h", "a");
  let writes = 0;
  const out = world.outbox(node);
  const counting = {
    ...out,
    persist: (write: Parameters<typeof out.persist>[0]) => {
      writes += 1;
      out.persist(write);
    },
  };
  for (let i = 0; i < 20; i++) {
    node.registry.request(
      { kind: "cluster-heartbeat", clusterId: "a", load: i % 2 === 0 ? 0.2 : 0.5 },
      world.now,
      counting,
    );
    world.run(1_000);
  }
  expect(writes).toBe(1);
  heartbeat({ services: { web: { healthy: false } } });
  expect(new TextDecoder().decode(node.stored.get("cluster/a"))).toContain("unhealthy: web");
});

test("REG-38: a cluster that is critical and unheard of for long enough is removed, and 0 is never", () => {
  const { world, record, told } = single({ deregisterAfterMs: 60_000 });
  world.register("h", "a", { ttlMs: 10_000 });
  world.run(69_000);
  expect(record()?.state).toBe("critical");
  world.run(2_000);
  expect(record()).toBeUndefined();
  expect(told().at(-1)?.body.kind).toBe("tombstone");
  const never = single({ deregisterAfterMs: 0 });
  never.world.register("h", "a", { ttlMs: 10_000 });
  never.world.run(86_400_000);
  expect(never.record()?.state).toBe("critical");
});

test("REG-38: one that still sends heartbeats is kept, however sick", () => {
  const { world, record, heartbeat } = single({ deregisterAfterMs: 60_000 });
  world.register("h", "a", { ttlMs: 30_000 });
  for (let i = 0; i < 20; i++) {
    heartbeat({ services: { web: { healthy: false } } });
    world.run(20_000);
  }
  expect(record()?.state).toBe("critical");
});

test("REG-39: maintenance starts and ends by itself, and then ramps up", () => {
  const { world, record, request } = single();
  world.register("h", "a");
  world.register("h", "b");
  const [startsAt, endsAt] = [world.now + 5_000, world.now + 9_000];
  expect(request({ kind: "cluster-maintenance", clusterId: "a", startsAt, endsAt })).toMatchObject({ ok: true });
  world.run(4_999);
  expect(record()?.state).toBe("passing");
  world.run(2);
  expect(record()?.state).toBe("maintenance");
  world.run(4_000);
  expect(record()).toMatchObject({ state: "passing", maintenance: null, rampUntil: endsAt + 10_000 });
});

test("REG-36: a drained cluster stays drained whatever it reports, and ramps up when undrained", () => {
  const { world, record, request, heartbeat } = single();
  world.register("h", "a", { ttlMs: 60_000 });
  request({ kind: "cluster-drain", clusterId: "a" });
  heartbeat({ load: 0.1 });
  world.register("h", "a", { ttlMs: 60_000 });
  expect(record()?.state).toBe("draining");
  request({ kind: "cluster-undrain", clusterId: "a" });
  expect(record()).toMatchObject({ state: "passing", rampUntil: world.now + 10_000 });
});

test("REG-62: a time-out that was itself waited for too long says nothing of the cluster, unless it goes on and on", () => {
  const { world, node, record } = single({ unhealthyThreshold: 1 });
  const out = { ...world.outbox(node), check: (check: (typeof node.checks)[number]) => void node.checks.push(check) };
  const cluster = { clusterId: "a", endpoints: [], services: [], ...HEALTH_CHECK };
  node.registry.request({ kind: "cluster-register", cluster }, world.now, out);
  const timesOut = (afterMs: number) => {
    world.now += afterMs;
    node.registry.checked("a", node.checks.at(-1)?.token ?? 0, { kind: "timeout" }, world.now, out);
    const before = node.checks.length;
    while (node.checks.length === before && record()?.state === "passing") {
      world.now = Math.max(world.now, node.registry.nextDeadline());
      node.registry.tick(world.now, out);
    }
  };
  for (let i = 0; i < 3; i++) {
    timesOut(1_900);
    expect(record()?.state).toBe("passing");
  }
  timesOut(1_900);
  expect(record()?.state).toBe("critical");
});

test("REG-62: a hub that was frozen over a check does not hold it against the cluster", () => {
  const { world, node, record } = single({ unhealthyThreshold: 1 });
  world.register("h", "a", HEALTH_CHECK);
  world.run(10_000);
  const out = { ...world.outbox(node), check: (check: (typeof node.checks)[number]) => void node.checks.push(check) };
  while (node.registry.nextDeadline() <= world.now + 2_500) {
    world.now = node.registry.nextDeadline();
    const before = node.checks.length;
    node.registry.tick(world.now, out);
    if (node.checks.length > before) break;
  }
  world.now += 20_000;
  node.registry.tick(world.now, out);
  expect(record()?.state).toBe("passing");
});

test("REG-48: a cluster that comes back is as far off as its owner measured it, not as far as from where it was meanwhile", () => {
  const world = new World({ hubs: planet(2, 1) });
  const rtt = () => world.registry("g").catalog.cluster("a")?.record;
  world.outcome = () => ({ kind: "answered", status: 200, latencyMs: world.node("r1-l1").up ? 4 : 90 });
  world.register("r1-l1", "a", HEALTH_CHECK);
  world.run(60_000);
  expect(rtt()?.checkRttMs).toBe(4);
  world.kill("r1-l1");
  world.kill("r1");
  world.kill("g");
  world.start("g");
  world.run(60_000);
  expect(world.registry("g").catalog.cluster("a")?.owner).not.toBe("r1-l1");
  expect(rtt()?.checkRttMs).toBe(90);
  // The first checks of a cold process are slow.
  world.outcome = () => ({ kind: "answered", status: 200, latencyMs: 340 });
  for (const id of ["r1", "r1-l1"]) world.start(id);
  const told = world.node("r1-l1").published.length;
  world.run(20_000);
  expect(world.registry("g").catalog.cluster("a")?.owner).toBe("r1-l1");
  const said = world
    .node("r1-l1")
    .published.slice(told)
    .flatMap(({ body }) => (body.kind === "cluster" ? [body.checkRttMs] : []));
  expect(said.length).toBeGreaterThan(0);
  expect(new Set(said)).toEqual(new Set([4]));
});

test("REG-48: of a cluster that has moved, or is checked at another address, nothing is known", () => {
  const { world, record, request } = single();
  const at = (latitude: number, url = "http://a/health", more = {}) =>
    world.register("h", "a", {
      coordinates: { latitude, longitude: 9.12345678 },
      healthCheck: { ...HEALTH_CHECK.healthCheck, url },
      ...more,
    });
  const answersIn = (latencyMs: number, forMs: number) => {
    world.outcome = () => ({ kind: "answered", status: 200, latencyMs });
    world.run(forMs);
  };
  at(50);
  answersIn(2, 60_000);
  expect(record()?.checkRttMs).toBe(2);
  at(50, "http://a/health", { metadata: { v: 2 } });
  expect(record()?.checkRttMs).toBe(2);
  at(-33);
  expect(record()).toMatchObject({ checkRttMs: null, state: "passing" });
  answersIn(250, 12_000);
  expect(record()?.checkRttMs).toBe(250);
  at(-33, "http://b/health");
  expect(record()?.checkRttMs).toBeNull();
  answersIn(90, 12_000);
  expect(record()?.checkRttMs).toBe(90);
  request({ kind: "cluster-remove", clusterId: "a" });
  at(50);
  expect(record()?.checkRttMs).toBeNull();
  answersIn(4, 12_000);
  expect(record()?.checkRttMs).toBe(4);
});

test("REG-48: a cluster that registers again after a restart has not moved, however exactly it says where it is", () => {
  const { world, record } = single();
  const again = () =>
    world.register("h", "a", { coordinates: { latitude: 50.123456789, longitude: 9 }, ...HEALTH_CHECK });
  again();
  world.run(60_000);
  world.kill("h");
  world.start("h");
  again();
  expect(record()?.checkRttMs).toBe(10);
});

test("REG-48: a hub that takes over a cluster does not tell another hub's round trip as its own", () => {
  const world = new World({ hubs: planet(1, 2) });
  world.outcome = () => ({ kind: "answered", status: 200, latencyMs: 4 });
  world.register("r1-l1", "a", HEALTH_CHECK);
  world.run(60_000);
  world.outcome = () => ({ kind: "answered", status: 200, latencyMs: 9 });
  world.kill("r1-l1");
  world.run(20_000);
  const said = [...world.node("r1-l2").published, ...world.node("r1").published, ...world.node("g").published].flatMap(
    ({ body }) => (body.kind === "cluster" ? [body.checkRttMs] : []),
  );
  expect(new Set(said)).toEqual(new Set([null, 9]));
});
