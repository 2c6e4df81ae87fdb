import { expect, test } from "vitest";
import { type Rumor, recordKeys, rumor as rumorCodec } from "../wire/catalog.ts";
import { encode } from "../wire/codec.ts";
import { NEWEST_VERSION } from "../wire/versions.ts";
import { World } from "./federation.test-helper.ts";
import { SEQ_BLOCK } from "./own-log.ts";
import { hub, planet } from "./planet.test-helper.ts";

const DAY_MS = 86_400_000;

test("REG-11: no number is used twice, whatever is stored between", () => {
  const world = new World({ hubs: [hub("h", "local", "r", null)] });
  const node = world.node("h");
  for (let run = 0; run < 5; run++) {
    for (let i = 0; i < 30; i++) {
      world.register("h", `c${i}`);
      world.run(600);
    }
    expect(node.seqCeiling).toBeGreaterThan(Math.max(...node.published.map(({ seq }) => seq)));
    world.kill("h");
    world.start("h");
  }
  const numbers = node.published.map(({ seq }) => seq);
  expect(new Set(numbers).size).toBe(numbers.length);
  expect(numbers.every((seq, i) => i === 0 || seq > (numbers[i - 1] ?? 0))).toBe(true);
});

test("REG-11: numbers are reserved in blocks, before the first of a block is used", () => {
  const world = new World({ hubs: [hub("h", "local", "r", null)] });
  const node = world.node("h");
  const reserved = node.seqCeiling;
  expect(reserved).toBe((node.published[0]?.seq ?? 0) + SEQ_BLOCK);
  for (let i = 0; i < SEQ_BLOCK - 1; i++) world.register("h", "a");
  expect(node.seqCeiling).toBe(reserved);
  world.register("h", "a");
  expect(node.seqCeiling).toBe(reserved + SEQ_BLOCK);
});

test("REG-13: clusters, drains and tombstones outlive a restart without being told again", () => {
  const world = new World({ hubs: planet(1, 2) });
  world.run(100);
  for (const id of ["a", "b", "c"]) world.register("r1-l1", id);
  const node = world.node("r1-l1");
  node.registry.request({ kind: "cluster-drain", clusterId: "b" }, world.now, world.outbox(node));
  node.registry.request({ kind: "cluster-remove", clusterId: "c" }, world.now, world.outbox(node));
  world.run(100);
  world.kill("r1-l1");
  world.start("r1-l1");
  const before = node.published.length;
  world.run(2_000);
  const kinds = node.published.slice(before).map(({ body }) => body.kind);
  expect(kinds).not.toContain("cluster");
  for (const hubId of ["r1-l1", "g"]) {
    const { catalog } = world.registry(hubId);
    expect([...catalog.clusters()].map(({ record }) => [record.clusterId, record.state]).sort()).toEqual([
      ["a", "passing"],
      ["b", "draining"],
    ]);
  }
});

test("REG-12: a hub that lost its storage gets its log back from its peers, above every number they have seen", () => {
  const world = new World({ hubs: planet(1, 2) });
  world.run(100);
  for (const id of ["a", "b", "c"]) world.register("r1-l1", id, { metadata: { id } });
  const node = world.node("r1-l1");
  node.registry.request({ kind: "cluster-remove", clusterId: "c" }, world.now, world.outbox(node));
  world.run(2_000);
  const seen = Math.max(...node.published.map(({ seq }) => seq));
  world.kill("r1-l1", "lost");
  world.start("r1-l1");
  world.register("r1-l1", "d");
  world.run(5_000);
  for (const hubId of ["r1-l1", "r1", "g"]) {
    const ids = [...world.registry(hubId).catalog.clusters()].map(({ record }) => record.clusterId).sort();
    expect(ids).toEqual(["a", "b", "d"]);
  }
  expect(world.registry("r1-l1").status().limits.clusters.used).toBe(3);
  expect(world.registry("r1-l1").catalog.cluster("a")?.record.metadata).toEqual({ id: "a" });
  expect(node.published.at(-1)?.seq).toBeGreaterThan(seen);
  world.run(30_000);
  expect(world.registry("r1-l1").storeFor(null).digest()).toEqual(world.registry("g").storeFor(null).digest());
  const settled = node.published.length;
  world.run(60_000);
  expect(node.published.length).toBe(settled);
});

test.each([
  ["at once", 0],
  ["when its peers have seen its new numbers", 200],
] as const)("REG-12: a hub that lost its storage and starts again %s still gets its log back", (_, ms) => {
  const world = new World({ hubs: planet(1, 2) });
  world.run(100);
  for (const id of ["a", "b"]) world.register("r1-l1", id);
  // Numbers of a life go by the clock: the next one's are above.
  world.run(5_000);
  world.kill("r1-l1", "lost");
  world.start("r1-l1");
  world.run(ms);
  world.kill("r1-l1");
  world.start("r1-l1");
  world.run(200_000);
  for (const { registry } of world.nodes.values())
    expect([...registry.catalog.clusters()].map(({ record }) => record.clusterId).sort()).toEqual(["a", "b"]);
  expect(world.registry("r1-l1").status().limits.clusters.used).toBe(2);
  expect(world.registry("r1-l1").storeFor(null).digest()).toEqual(world.registry("g").storeFor(null).digest());
});

/** As a peer passes it on that does not know of eventual state. */
const uncarried = (origin: string, seq: number): Rumor => {
  const body = { kind: "withdrawn", incarnation: 0 } as const;
  return { origin, seq, key: recordKeys.state("a", "k"), priority: "normal", expiresAt: null, body };
};

test("REG-77: a log that comes back by way of an older version says nothing of eventual state, until a newer one does", () => {
  const world = new World({ hubs: planet(1, 2) });
  world.run(2_000);
  world.kill("r1-l1", "lost");
  world.start("r1-l1");
  const node = world.node("r1-l1");
  const meets = (rumor: Rumor): void => {
    node.registry.storeFor(null).apply(rumor, "r1", world.now);
    world.run(2_000);
  };
  const said = (): Rumor[] => node.published.filter(({ key }) => key.startsWith("state/"));
  const { seq } = node.published.at(-1) as Rumor;
  meets(uncarried("r1-l1", seq + 100));
  expect(said()).toEqual([]);
  expect(node.metrics.value("registry_log_recoveries_total")).toBe(1);
  expect(node.published.at(-1)?.seq).toBeGreaterThan(seq + 100);
  const whole: Rumor = { ...uncarried("r1-l1", seq + 100), body: { kind: "state", contribution: null, saidIn: 1 } };
  meets({ ...whole, seq: (node.published.at(-1) as Rumor).seq + 100 });
  expect(said().map(({ body }) => body.kind)).toEqual(["state"]);
  world.run(30_000);
  expect(node.registry.storeFor(null).digest()).toEqual(world.registry("g").storeFor(null).digest());
});

test("REG-77: what an older version has stored in place of eventual state is forgotten, and peers are complete past it", () => {
  const world = new World({ hubs: planet(1, 2) });
  world.run(2_000);
  const node = world.node("r1-l1");
  world.kill("r1-l1");
  const rumor = uncarried("r1-l1", node.seqCeiling);
  node.stored.set(rumor.key, Uint8Array.of(NEWEST_VERSION, ...encode(rumorCodec, rumor, NEWEST_VERSION)));
  node.seqCeiling += 1;
  world.start("r1-l1");
  world.run(30_000);
  expect(node.stored.has(rumor.key)).toBe(false);
  expect(world.registry("g").storeFor(null).vector().get("r1-l1")).toBeGreaterThan(rumor.seq);
  expect(node.registry.storeFor(null).digest()).toEqual(world.registry("g").storeFor(null).digest());
});

test("REG-61: a parent says once of each child that it lives, and again when it has lost its storage", () => {
  const world = new World({ hubs: planet(1, 2) });
  const parent = world.node("r1");
  const words = (): unknown[] =>
    parent.published
      .splice(0)
      .flatMap(({ body }) => (body.kind === "hub-state" ? [`${body.hubId} ${body.state}`] : []));
  const children = ["r1-l1 alive", "r1-l2 alive"];
  world.run(2_000);
  expect(words().sort()).toEqual(children);
  for (const id of ["r1", "r1-l1"]) {
    world.kill(id);
    world.start(id);
    world.run(60_000);
  }
  expect(words()).toEqual([]);
  world.kill("r1", "lost");
  world.start("r1");
  world.run(2_000);
  expect(words().sort()).toEqual(children);
});

test("REG-12: a hub that restarted since it lost its storage still knows a peer of its former life", () => {
  const world = new World({ hubs: planet(1, 1) });
  const node = world.node("r1");
  world.register("r1", "a");
  node.registry.request({ kind: "cluster-remove", clusterId: "a" }, world.now, world.outbox(node));
  world.run(2_000);
  const away = ["g", "r1-l1"];
  world.cut(away);
  world.kill("r1", "lost");
  world.run(5_000);
  world.start("r1");
  world.run(10_000);
  world.kill("r1");
  world.start("r1");
  world.run(10_000);
  node.published.splice(0);
  world.heal(away);
  world.run(60_000);
  expect(node.published.map(({ body }) => body.kind)).toContain("tombstone");
});

test("REG-14, REG-8: a hub that was away for longer than the tombstone TTL brings nothing back", () => {
  const world = new World({ hubs: planet(1, 2), registry: { tombstoneTtlMs: DAY_MS, adoptAfterMs: 600_000 } });
  world.run(100);
  world.register("r1-l1", "a");
  world.run(1_000);
  world.kill("r1-l1");
  world.run(1_000);
  const r1 = world.node("r1");
  r1.registry.request({ kind: "cluster-remove", clusterId: "a" }, world.now, world.outbox(r1));
  world.run(3 * DAY_MS);
  expect([...world.registry("g").storeFor(null).changesSince("r1-l1", 0, 1_000_000).rumors]).toEqual([]);
  expect(
    [...world.registry("g").storeFor(null).changesSince("r1", 0, 1_000_000).rumors].map(({ key }) => key),
  ).not.toContain("cluster/a");
  world.start("r1-l1");
  world.run(10_000);
  for (const { registry } of world.nodes.values()) expect(registry.catalog.cluster("a")).toBeUndefined();
  expect(world.registry("g").catalog.hub("r1-l1")?.record?.clusters).toBe(0);
});

test("REG-7: a tombstone outlives its time while another hub's record waits behind it", () => {
  const world = new World({ hubs: planet(1, 2), registry: { tombstoneTtlMs: 60_000, adoptAfterMs: 600_000 } });
  world.run(100);
  world.register("r1-l1", "a");
  world.run(1_000);
  world.kill("r1-l1");
  world.run(1_000);
  const r1 = world.node("r1");
  r1.registry.request({ kind: "cluster-remove", clusterId: "a" }, world.now, world.outbox(r1));
  for (let minute = 0; minute < 10; minute++) {
    world.run(60_000);
    for (const { registry, up } of world.nodes.values()) if (up) expect(registry.catalog.cluster("a")).toBeUndefined();
  }
});

test("REG-17: of two hubs that registered one id at once the lower withdraws, and both agree", () => {
  const world = new World({ hubs: planet(1, 2) });
  world.run(100);
  world.register("r1-l1", "a");
  world.register("r1-l2", "a");
  world.run(2_000);
  for (const { registry } of world.nodes.values()) expect(registry.catalog.cluster("a")?.owner).toBe("r1-l2");
  expect(world.registry("r1-l1").status().limits.clusters.used).toBe(0);
  expect(world.node("r1-l1").published.at(-1)).toMatchObject({ body: { kind: "hub", clusters: 0 } });
});

test("REG-24: a burst of registrations is one change of the hub's own record", () => {
  const world = new World({ hubs: [hub("h", "local", "r", null)] });
  const before = world.node("h").published.filter(({ key }) => key === "hub").length;
  for (let i = 0; i < 50; i++) world.register("h", `c${i}`);
  world.run(10_000);
  const records = world
    .node("h")
    .published.filter(({ key }) => key === "hub")
    .slice(before);
  expect(records.map(({ body }) => body)).toMatchObject([{ clusters: 50, capacity: 100, load: 0.5 }]);
});

test("REG-25: links are told with their least round trip, when one comes or goes, when it changes, and every hour", () => {
  const world = new World({ hubs: [hub("h", "local", "r", null)] });
  const node = world.node("h");
  const measure = (rttMs: number, loss = 0, ...more: string[]) => {
    const links = ["p", ...more].map((peer) => ({ peer, rttMs, loss, utilisation: 0 }));
    node.registry.selfRecords.setLinks(links, world.now, world.outbox(node));
  };
  const told = () => node.published.filter(({ key }) => key === "links").length;
  measure(50);
  expect(told()).toBe(1);
  const rtts = () => node.published.flatMap(({ body }) => (body.kind === "links" ? [body.links[0]?.rttMs] : []));
  for (const [afterMs, rtt, loss, expected] of [
    [2_000, 90, 0, [50]],
    [30_000, 90, 0, [50]],
    [1_000, 90, 0.06, [50, 50]],
    [1_000, 49, 0.06, [50, 50]],
    [1_000, 40, 0.06, [50, 50, 40]],
  ] as const) {
    world.run(afterMs);
    measure(rtt, loss);
    expect(rtts()).toEqual(expected);
  }
  for (let look = 0; look < 15; look++) {
    world.run(5_000);
    measure(57, 0.06);
    expect(rtts()).toEqual([50, 50, 40]);
  }
  world.run(5_000);
  measure(57, 0.06);
  expect(rtts()).toEqual([50, 50, 40, 57]);
  world.run(1_000);
  measure(57, 0.06, "q");
  expect(told()).toBe(5);
  for (let hour = 0; hour < 3; hour++) {
    world.run(3_600_000);
    measure(57, 0.06, "q");
  }
  expect(told()).toBe(8);
});

test("REG-25: after a restart links are as long as they were, whatever a cold process measures at first", () => {
  const world = new World({ hubs: [hub("h", "local", "r", null)] });
  const node = world.node("h");
  const measure = (rttMs: number) => {
    world.run(5_000);
    node.registry.selfRecords.setLinks([{ peer: "p", rttMs, loss: 0, utilisation: 0 }], world.now, world.outbox(node));
  };
  measure(40);
  world.kill("h");
  world.start("h");
  const told = () => [...node.registry.catalog.links()].map(({ record }) => record.links[0]?.rttMs);
  expect(told()).toEqual([40]);
  for (let look = 0; look < 15; look++) {
    measure(400 - look);
    expect(told()).toEqual([40]);
  }
  measure(400);
  expect(told()).toEqual([386]);
});

test("REG-26: a regional hub summarises its region on change, at most every 5 s", () => {
  const world = new World({ hubs: planet(2, 1) });
  world.run(10_000);
  const told = () => world.node("r1").published.filter(({ key }) => key === "summary");
  const before = told().length;
  for (let i = 0; i < 20; i++) {
    world.register("r1-l1", `c${i}`);
    world.run(500);
  }
  world.run(6_000);
  expect(told().length - before).toBeLessThanOrEqual(4);
  expect([...world.registry("r2-l1").catalog.summaries()].find(({ region }) => region === "r1")).toMatchObject({
    hubs: 3,
    clusters: 20,
    healthy: 20,
    services: [{ name: "web", clusters: 20, healthy: 20 }],
  });
  const settled = told().length;
  world.run(60_000);
  expect(told().length).toBe(settled);
});

test("a stored record that cannot be read is reported, counted and removed", () => {
  const world = new World({ hubs: [hub("h", "local", "r", null)] });
  world.register("h", "a");
  world.kill("h");
  world.node("h").stored.set("cluster/b", new Uint8Array([2, 255, 255]));
  world.node("h").stored.set("cluster/c", new Uint8Array());
  world.start("h");
  expect([...world.node("h").stored.keys()].sort()).toEqual(["cluster/a", "hub"]);
  expect(world.node("h").metrics.value("registry_stored_records_unreadable_total")).toBe(2);
  expect(world.registry("h").catalog.cluster("a")?.owner).toBe("h");
});

test("REG-6: the hub's own log has a limit for each kind: latencies are refused, tests displace the oldest", () => {
  const world = new World({ hubs: [hub("h", "local", "r", null)] });
  const node = world.node("h");
  const publish = (key: string, body: Parameters<typeof node.registry.publish>[1]) =>
    node.registry.publish(key, body, "bulk", world.now + 60_000, world.now, world.outbox(node));
  const latency = (i: number) =>
    publish(`latency/x${i}/y`, { kind: "latency", from: `x${i}`, coordinates: null, to: "y", rttMs: 1, observedAt: 1 });
  for (let i = 0; i < 1_000; i++) expect(latency(i)).toBe(true);
  expect(latency(1_000)).toBe(false);
  expect(latency(7)).toBe(true);
  for (let i = 0; i < 150; i++) {
    expect(publish(`test/${i}`, { kind: "test", messageId: `${i}`, payload: null, startedAt: 1 })).toBe(true);
  }
  expect(node.registry.status().limits.records.used).toBe(1 + 1_000 + 100);
  world.run(70_000);
  expect(node.registry.status().limits.records.used).toBe(1);
});
