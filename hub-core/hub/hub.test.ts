import { beforeEach, expect, test } from "vitest";
import type { Effect, StoredState } from "./contract.ts";
import { shareLinks } from "./group.ts";
import { Hub } from "./hub.ts";
import { HubWorld, storedAfter, TWO_REGIONS, type WorldHub } from "./hub-world.test-helper.ts";

let world: HubWorld;

beforeEach(() => {
  world = new HubWorld(TWO_REGIONS);
});

function hub(id: string): Hub {
  return world.hubs.get(id) as Hub;
}

function register(at: string, clusterId: string): void {
  world.ask(at, clusterId, {
    kind: "cluster-register",
    assigned: true,
    cluster: {
      clusterId,
      endpoints: [{ url: `https://${clusterId}.example` }],
      services: [{ name: "api" }],
      metadata: { owner: "team-a" },
    },
  });
}

test("hubs of a federation find each other, and every hub knows every hub", () => {
  world.run(5_000);
  for (const { id } of TWO_REGIONS) {
    const states = [...hub(id).registry.catalog.hubs()].map(({ hubId, state }) => `${hubId} ${state}`).sort();
    expect({ id, states }).toEqual({ id, states: TWO_REGIONS.map((h) => `${h.id} alive`).sort() });
  }
});

test("HUB-1: everything to persist comes before everything else", () => {
  world.run(3_000);
  register("l-east-1", "c1");
  world.run(1_000);
  const persisting = world.trace.filter(({ effects }) => effects.some(({ kind }) => kind === "persist"));
  expect(persisting.length).toBeGreaterThan(TWO_REGIONS.length);
  for (const { effects } of persisting) {
    const kinds = effects.map(({ kind }) => kind === "persist");
    expect(kinds.lastIndexOf(true)).toBeLessThan(kinds.includes(false) ? kinds.indexOf(false) : kinds.length);
  }
});

test("HUB-2: the same events at the same times with the same seed give the same effects, byte for byte", () => {
  world.run(4_000);
  const own = world.trace.filter((entry) => entry.hub === "r-east");
  const { config } = hub("r-east");
  const stored: StoredState = { identity: null, records: new Map(), peers: [], outcomes: new Map(), logs: new Map() };
  const twin = new Hub({ config, stored, seed: 7 + 1, softwareVersion: "test" }, 1_000_000);
  expect(own.length).toBeGreaterThan(100);
  for (const { event, at, effects } of own) expect(twin.step(event, at)).toEqual(effects);
});

test("HUB-3: a timer whose token is not the one armed last does nothing", () => {
  world.run(3_000);
  const tokens = world.trace
    .filter((entry) => entry.hub === "g")
    .flatMap(({ effects }) => effects.flatMap((e) => (e.kind === "set-timer" ? [e.token] : [])));
  const armed = Math.max(...tokens);
  const later = world.now + 60_000;
  expect(hub("g").step({ kind: "timer", timer: "hub", token: armed - 1 }, later)).toEqual([]);
  expect(hub("g").step({ kind: "timer", timer: "hub", token: armed }, later)).not.toEqual([]);
  expect(hub("g").step({ kind: "timer", timer: "hub", token: armed }, later)).toEqual([]);
});

test("HUB-4: the incarnation goes up on every start and is persisted before anything is sent", () => {
  world.run(3_000);
  const effects = world.trace.filter((entry) => entry.hub === "l-east-1").flatMap((entry) => entry.effects);
  const stored = storedAfter(effects);
  const again = new Hub({ config: hub("l-east-1").config, stored, seed: 3, softwareVersion: "test" }, world.now);
  const [first] = again.step({ kind: "start" }, world.now);
  expect(stored.identity?.incarnation).toBe(hub("l-east-1").incarnation);
  expect(first).toMatchObject({ kind: "persist", write: { table: "identity", value: { incarnation: 2 } } });
});

test("HUB-5: a rumor goes on in the hub's other group; other regions' records go down in routing form", () => {
  world.run(3_000);
  register("l-east-1", "c1");
  world.run(3_000);
  expect(world.replies.get("c1")).toMatchObject({ ok: true, status: 201, value: { hub_id: "l-east-1" } });
  const metadataAt = (id: string): unknown => hub(id).registry.catalog.cluster("c1")?.record.metadata;
  for (const id of ["l-east-2", "r-east", "g", "r-west"]) expect(metadataAt(id)).toEqual({ owner: "team-a" });
  expect(hub("l-west-1").registry.catalog.cluster("c1")?.record.endpoints).toHaveLength(1);
  expect(metadataAt("l-west-1")).toBe(null);
});

test("REG-10: metadata that ranks goes everywhere, and where the rest is not held the field is left out of answers", () => {
  world.run(3_000);
  const metadata = { owner: "team-a", routing: { cost_ms: 5 } };
  const cluster = { clusterId: "c1", endpoints: [{ url: "https://c1.example" }], services: [{ name: "api" }] };
  world.ask("l-east-1", "c1", { kind: "cluster-register", assigned: true, cluster: { ...cluster, metadata } });
  world.run(3_000);
  expect(hub("l-west-1").registry.catalog.cluster("c1")?.record.metadata).toEqual({ routing: { cost_ms: 5 } });
  const ids = ["l-east-1", "l-east-2", "r-west", "l-west-1"];
  for (const id of ids) world.ask(id, id, { kind: "cluster-get", clusterId: "c1" });
  world.ask("l-west-1", "list", { kind: "cluster-list" });
  world.run(1);
  for (const id of ids.slice(0, 3)) expect(world.replies.get(id)).toMatchObject({ value: { metadata } });
  expect(world.replies.get("l-west-1")).toMatchObject({ value: { cluster_id: "c1", namespace: "default" } });
  expect(world.replies.get("l-west-1")).not.toMatchObject({ value: { metadata: expect.anything() } });
  const { value } = world.replies.get("list") as { value: { clusters: object[] } };
  expect(value.clusters.map((each) => "metadata" in each)).toEqual([false]);
});

test("HUB-6: `now` that goes back is read as the last one", () => {
  world.run(3_000);
  hub("g").step({ kind: "timer", timer: "hub", token: -1 }, world.now - 2_000_000);
  expect(hub("g").now).toBeGreaterThanOrEqual(world.now - 1_000);
  const armed = hub("g").step({ kind: "requests", asked: [{ id: "x", request: { kind: "health" } }] }, 0);
  const timers = armed.filter((e): e is Extract<Effect, { kind: "set-timer" }> => e.kind === "set-timer");
  expect(timers.every(({ at }) => at > 1_000_000)).toBe(true);
});

test("HUB-7: a hub in two groups gives each half of its links, and what a small group leaves goes to the other", () => {
  expect(shareLinks(10, [20])).toEqual([8]);
  expect(shareLinks(10, [10, 20])).toEqual([4, 4]);
  expect(shareLinks(10, [7, 2])).toEqual([6, 4]);
  expect(shareLinks(10, [1, 20])).toEqual([4, 7]);
});

test("a test message reaches every hub, and every receipt comes home", () => {
  world.run(3_000);
  world.ask("l-east-1", "t", { kind: "test-message-start", payload: "hello" });
  world.run(500);
  const started = world.replies.get("t") as { value: { message_id: string; expected: string[] } };
  expect(started.value.expected).toEqual(TWO_REGIONS.map(({ id }) => id).sort());
  world.ask("l-east-1", "r", { kind: "test-message-report", messageId: started.value.message_id });
  world.run(10);
  expect(world.replies.get("r")).toMatchObject({ ok: true, value: { complete: true, missing: [] } });
});

test("health names what is wrong: a hub that others know of but cannot link to anyone is not healthy", () => {
  world.run(3_000);
  world.ask("l-west-1", "well", { kind: "health" });
  world.run(1);
  expect(world.replies.get("well")).toMatchObject({ ok: true, value: { status: "healthy" } });
  const alone = new HubWorld(TWO_REGIONS);
  alone.hubs.get("l-west-1")?.step({ kind: "start" }, alone.now);
  const [reply] =
    alone.hubs
      .get("l-west-1")
      ?.step({ kind: "requests", asked: [{ id: "ill", request: { kind: "health" } }] }, alone.now) ?? [];
  expect(reply).toMatchObject({
    reply: { value: { status: "degraded", checks: { membership_protocol: { status: "degraded" } } } },
  });
});

test("HUB-8: a hub tells where any hub of the federation is, and of a stranger that it knows none", () => {
  world.run(5_000);
  world.ask("l-east-1", "far", { kind: "locate", hubId: "l-west-1" });
  world.ask("l-east-1", "stranger", { kind: "locate", hubId: "atlantis" });
  world.run(1);
  expect(world.replies.get("far")).toEqual({
    ok: true,
    status: 200,
    value: { hub_id: "l-west-1", region: "west", address: "http://hub.test" },
  });
  expect(world.replies.get("stranger")).toMatchObject({ ok: false, problem: { status: 404, code: "hub_unknown" } });
});

test("HUB-8: a hub that was only introduced is told of as well", () => {
  const address = "https://elsewhere.example";
  const newcomer = { hubId: "r-south", region: "south", tier: "regional", parent: "g", address } as const;
  const hubs = [{ ...newcomer, coordinates: { latitude: 0, longitude: 0 } }];
  hub("l-east-1").step({ kind: "introduce", hubs }, world.now);
  world.ask("l-east-1", "r", { kind: "locate", hubId: "r-south" });
  world.run(1);
  expect(world.replies.get("r")).toMatchObject({ value: { region: "south", address } });
});

function reportLatency(id: string, first: number, count: number): unknown {
  const coordinates = { latitude: 5, longitude: 5 };
  const one = (_: unknown, i: number) => ({ from: `office-${first + i}`, coordinates, to: "r-west", rttMs: 80 });
  world.ask("g", id, { kind: "latency-report", observations: Array.from({ length: count }, one) });
  world.run(1_000);
  return world.replies.get(id);
}

test("ROUTE-43: a report counts for a day, and is forgotten then", () => {
  world.run(5_000);
  const at = world.now;
  reportLatency("told", 0, 1);
  const known = hub("r-west").registry.storeFor("global").changesSince("g", 0, 1_000_000).rumors;
  const told = known.filter(({ body }) => body.kind === "latency");
  expect(told.map(({ expiresAt }) => expiresAt)).toEqual([at + 24 * 3_600_000]);
});

test("ROUTE-45: a report for which there is no room is refused with the limit, and nothing of it is taken", () => {
  world.run(5_000);
  expect(reportLatency("first", 0, 600)).toMatchObject({ status: 202, value: { accepted: 600 } });
  expect(reportLatency("too much", 500, 600)).toMatchObject({
    problem: {
      status: 429,
      code: "too_many_observations",
      extra: { limits: { max_latencies: 1_000, used: 600, wanted: 500 } },
    },
  });
  const known = () => [...hub("g").registry.catalog.latencies()].length;
  expect(known()).toBe(600);
  expect(reportLatency("the rest", 0, 1_000)).toMatchObject({ value: { accepted: 1_000 } });
  expect(reportLatency("again", 0, 1_000)).toMatchObject({ value: { accepted: 1_000 } });
  expect(known()).toBe(1_000);
});

test("GOSSIP-33: the same key starts one test message, and with another payload none", () => {
  world.run(3_000);
  const send = (id: string, payload: string) =>
    world.ask("l-east-1", id, { kind: "test-message-start", payload, idempotencyKey: "once" });
  send("first", "hello");
  world.run(500);
  send("again", "hello");
  send("other", "good night");
  world.run(1);
  expect(world.replies.get("again")).toEqual(world.replies.get("first"));
  expect(world.replies.get("other")).toMatchObject({ problem: { status: 422, code: "idempotency_key_reused" } });
  const sent = [...hub("l-west-1").registry.storeFor("west").changesSince("l-east-1", 0, 1_000_000).rumors];
  expect(sent.filter(({ body }) => body.kind === "test")).toHaveLength(1);
});

test("RING-3 LINK-7: a parent with more children than links to spare is not dialled for ever", () => {
  const regionals = Array.from({ length: 6 }, (_, i) => `r-${i}`);
  const locals = Array.from({ length: 14 }, (_, i) => `l-${i}`);
  const large = new HubWorld([
    { id: "g", region: "r-0", tier: "global", parent: null },
    ...regionals.map((id): WorldHub => ({ id, region: id, tier: "regional", parent: "g" })),
    ...locals.map((id): WorldHub => ({ id, region: "r-0", tier: "local", parent: "r-0" })),
  ]);
  large.run(90_000);
  const settled = large.trace.length;
  large.run(30_000);
  const dials = new Map<string, number>();
  for (const { hub: dialler, effects } of large.trace.slice(settled)) {
    const opened = effects.filter(({ kind }) => kind === "open-link").length;
    if (opened > 0) dials.set(dialler, (dials.get(dialler) ?? 0) + opened);
  }
  // Refused four times by then, at the latest after 75 s, each waits for 40 s and more; a dial is two, seconds apart.
  expect(Math.max(0, ...dials.values())).toBeLessThanOrEqual(2);
  for (const { links, groups } of large.hubs.values()) {
    expect(links.standing).toBeGreaterThanOrEqual(2);
    for (const { membership } of groups) expect(membership.counts()).toMatchObject({ suspect: 0, failed: 0 });
  }
});
