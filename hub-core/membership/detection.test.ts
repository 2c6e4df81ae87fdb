import { describe, expect, test } from "vitest";
import { ECONOMY, RESPONSIVE, World, type WorldOptions } from "./harness.test-helper.ts";

const GROUP = { group: "us-east" };

/** One way, 2–42 ms. */
const regional = (a: number, b: number): number => 2 + ((a * 7 + b * 7) % 40);
/** One way, 2–150 ms. */
const planetary = (a: number, b: number): number => 2 + ((a * 31 + b * 31) % 149);

function settled(options: Partial<WorldOptions> & Pick<WorldOptions, "hubs">): World {
  const world = new World({ seed: 11, latencyMs: regional, ...options });
  world.startAll();
  expect(world.run(20_000, () => world.agreed())).toBe(true);
  world.run(3_000);
  return world;
}

function failures(world: World, after = 0): readonly { hub: string; at: number }[] {
  return world.changes.slice(after).filter(({ to }) => to === "failed");
}

describe.each([5, 11, 21, 50])("in a group of %i", (hubs) => {
  test("SUSP-3: a crash that closes its sockets is failed everywhere within 1 s", () => {
    const world = settled({ hubs });
    const start = world.now;
    world.crash(2, "close");
    expect(world.run(10_000, () => world.seenEverywhereAs(2, "failed"))).toBe(true);
    expect(world.now - start).toBeLessThanOrEqual(1_000);
    expect(new Set(failures(world).map(({ hub }) => hub))).toEqual(new Set([world.id(2)]));
  });

  test("SWIM-1: a silent death is failed everywhere within 4 s, and nobody else is", () => {
    const world = settled({ hubs });
    const start = world.now;
    world.crash(2, "silent");
    expect(world.run(10_000, () => world.seenEverywhereAs(2, "failed"))).toBe(true);
    expect(world.now - start).toBeLessThanOrEqual(4_000);
    expect(new Set(failures(world).map(({ hub }) => hub))).toEqual(new Set([world.id(2)]));
  });
});

describe.each([2, 3, 5, 21])("in a group of %i", (hubs) => {
  test("SUSP-2: a hub frozen for the tolerated pause is never failed, and accuses nobody when it wakes", () => {
    const world = settled({ hubs, latencyMs: planetary });
    const before = world.changes.length;
    world.freeze(1, RESPONSIVE.pauseToleranceMs);
    world.run(10_000);
    expect(failures(world, before)).toEqual([]);
    expect(world.changes.slice(before).filter(({ seenBy, to }) => seenBy === world.id(1) && to === "suspect")).toEqual(
      [],
    );
    expect(world.agreed()).toBe(true);
  });
});

test("LHA-2: a hub that slept for a minute accuses nobody, and comes back within a second", () => {
  const world = settled({ hubs: 5 });
  const before = world.changes.length;
  world.freeze(1, 60_000);
  world.run(60_000);
  expect(world.seenEverywhereAs(1, "failed")).toBe(true);
  expect(world.run(1_000, () => world.agreed())).toBe(true);
  const accused = world.changes.slice(before).filter(({ seenBy, to }) => seenBy === world.id(1) && to === "suspect");
  expect(accused).toEqual([]);
  expect(world.node(1).metrics.value("membership_pauses_total", GROUP)).toBe(1);
});

test("SWIM-3: ten minutes of 20 % loss fail no healthy hub", () => {
  const world = settled({ hubs: 5, latencyMs: planetary });
  const before = world.changes.length;
  world.loss = 0.2;
  world.run(600_000);
  expect(failures(world, before)).toEqual([]);
  expect(world.total("membership_probes_total", { result: "answered" })).toBeGreaterThan(1_000);
});

test("SWIM-3: a link that carries nothing does not fail the hub behind it", () => {
  const world = settled({ hubs: 5 });
  const before = world.changes.length;
  world.cut((a, b) => (a === 1 && b === 2) || (a === 2 && b === 1));
  world.run(60_000);
  expect(failures(world, before)).toEqual([]);
});

test.each([5, 21])(
  "SWIM-10, SWIM-16: a partition of ten minutes in a group of %i heals everywhere within 1 s",
  (hubs) => {
    const world = settled({ hubs });
    const half = hubs >> 1;
    world.cut((a, b) => a < half !== b < half);
    world.run(600_000);
    expect(world.node(0).membership.counts()).toMatchObject({ alive: half, failed: hubs - half });
    world.cut(() => false);
    const start = world.now;
    expect(world.run(10_000, () => world.agreed())).toBe(true);
    expect(world.now - start).toBeLessThanOrEqual(1_000);
  },
);

test("SWIM-16, SWIM-17: a partition longer than the dead are remembered heals, also between siblings alone", () => {
  const world = settled({ hubs: 5, config: { ...RESPONSIVE, reclaimAfterMs: 60_000 } });
  world.crash(0, "close");
  world.run(10_000);
  world.cut((a, b) => a < 3 !== b < 3);
  world.run(300_000);
  world.cut(() => false);
  expect(world.run(5_000, () => world.agreed())).toBe(true);
});

test("SWIM-16: a hub cut off alone for ten minutes is back within 1 s", () => {
  const world = settled({ hubs: 5 });
  world.cut((a, b) => (a === 2) !== (b === 2));
  world.run(600_000);
  expect(world.seenEverywhereAs(2, "failed")).toBe(true);
  world.cut(() => false);
  const start = world.now;
  expect(world.run(10_000, () => world.agreed())).toBe(true);
  expect(world.now - start).toBeLessThanOrEqual(1_000);
});

test("SWIM-16: a partition that no socket notices, long enough for both sides to fail the other, heals as fast", () => {
  const world = settled({ hubs: 5 });
  world.cut((a, b) => a < 2 !== b < 2);
  expect(
    world.run(10_000, () =>
      world.nodes.every(({ membership }) => membership.counts().suspect === 0 && membership.counts().failed > 0),
    ),
  ).toBe(true);
  world.cut(() => false);
  const start = world.now;
  expect(world.run(10_000, () => world.agreed())).toBe(true);
  expect(world.now - start).toBeLessThanOrEqual(2_000);
});

test("SUSP-4: in a group of two a crash waits for the tolerated pause, because nobody can confirm it", () => {
  const world = settled({ hubs: 2 });
  const start = world.now;
  world.crash(1, "close");
  expect(world.run(10_000, () => world.seenEverywhereAs(1, "failed"))).toBe(true);
  expect(world.now - start).toBeGreaterThan(RESPONSIVE.pauseToleranceMs);
  expect(world.now - start).toBeLessThanOrEqual(4_000);
});

test("SUSP-4, LHA-3: a hub that is cut off is slower to fail the others than they are to fail it", () => {
  const world = settled({ hubs: 5 });
  const start = world.now;
  world.cut((a, b) => (a === 2) !== (b === 2));
  world.run(20_000);
  const itsVerdicts = world.changes.filter(({ seenBy, to }) => seenBy === world.id(2) && to === "failed");
  expect(world.seenEverywhereAs(2, "failed")).toBe(true);
  for (const { at } of itsVerdicts) expect(at - start).toBeGreaterThan(2 * RESPONSIVE.pauseToleranceMs);
  for (const { at, seenBy, to } of world.changes) {
    if (to === "failed" && seenBy !== world.id(2)) expect(at - start).toBeLessThanOrEqual(4_500);
  }
});

test("SWIM-13: a restarted hub is a member again, as a higher incarnation", () => {
  const world = settled({ hubs: 5 });
  const before = world.node(0).membership.member(world.id(2))?.incarnation ?? 0;
  world.crash(2, "close");
  world.run(5_000, () => world.seenEverywhereAs(2, "failed"));
  world.start(2);
  expect(world.run(2_000, () => world.agreed())).toBe(true);
  expect(world.node(0).membership.member(world.id(2))?.incarnation).toBeGreaterThan(before);
});

test("SWIM-11: a hub that leaves is `left` everywhere at once, and stays so", () => {
  const world = settled({ hubs: 11 });
  const start = world.now;
  world.leave(3);
  expect(world.run(1_000, () => world.seenEverywhereAs(3, "left"))).toBe(true);
  expect(world.now - start).toBeLessThanOrEqual(200);
  world.run(30_000);
  expect(world.seenEverywhereAs(3, "left")).toBe(true);
  expect(world.node(3).membership.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
});

test("SWIM-14: the parent admits as many children as it has room for, and the others know why", () => {
  const world = new World({ hubs: 6, seed: 5, latencyMs: regional, capacity: 4 });
  world.startAll();
  world.run(10_000);
  const { alive } = world.node(0).membership.counts();
  expect(alive).toBe(5);
  const refused = world.nodes.filter(({ membership }) => membership.status().refusal !== null);
  expect(refused).toHaveLength(1);
  expect(refused[0]?.membership.status().refusal).toMatchObject({ code: "capacity_exhausted", limit: 4 });
  expect(refused[0]?.membership.neighbours()).toEqual([]);
});

test("SWIM-9: views that agree are compared, not sent", () => {
  const world = settled({ hubs: 11 });
  world.run(20_000);
  const before = world.total("membership_views_sent_total", GROUP);
  world.run(300_000);
  expect(world.total("membership_views_sent_total", GROUP)).toBe(before);
});

test.each([
  ["0.5 s", RESPONSIVE, 300, 60_000],
  ["10 s", ECONOMY, 40, 400_000],
] as const)("IDLE-1: with probes of %s, idle traffic is within the aim and flat in size", (_, config, aim, spanMs) => {
  const perHub = [5, 21].map((hubs) => {
    const world = settled({ hubs, config });
    world.run(30_000);
    const before = world.bytesSent;
    world.run(spanMs);
    // Sent and received.
    return (2 * (world.bytesSent - before)) / (spanMs / 1_000) / hubs;
  });
  for (const bytes of perHub) expect(bytes).toBeLessThanOrEqual(aim);
  expect(Math.max(...perHub) / Math.min(...perHub)).toBeLessThan(1.3);
});

test("SWIM-2: every link is probed, and its round trip is what the network makes it", () => {
  const world = settled({ hubs: 21 });
  world.run(60_000);
  for (const { index, membership } of world.nodes) {
    for (const peer of membership.neighbours()) {
      const { rttMs = 0 } = membership.linkQuality(peer) ?? {};
      const expected = 2 * regional(index, Number(peer.slice(4)));
      expect(Math.abs(rttMs - expected)).toBeLessThanOrEqual(0.15 * expected + 1);
    }
  }
});
