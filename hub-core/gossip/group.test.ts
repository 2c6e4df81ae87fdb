/** A whole group at once: what the parts promise together. */
import { expect, test } from "vitest";
import { Random } from "../common/random.ts";
import type { Rumor } from "../wire/catalog.ts";
import { appliedTwice, digestsEqual, everyoneCovers, living, Meter } from "./testing/census.ts";
import { type GroupOptions, VirtualGroup } from "./testing/virtual-group.ts";

const DEGREE = 8;

function woven(size: number, options: Partial<GroupOptions> = {}): VirtualGroup {
  const group = new VirtualGroup({ size, ...options });
  group.weave(
    group.hubs.map((_, index) => index),
    DEGREE,
    new Random(options.seed ?? 5),
  );
  group.run(2_000);
  return group;
}

function warmUp(group: VirtualGroup, rounds = 15): void {
  for (let round = 0; round < rounds; round++) {
    group.hub((round * 17) % group.hubs.length).publish(`warm/${round}`);
    group.run(2_000);
  }
}

test("GOSSIP-2: after an origin's first rumor a group of 50 delivers each over 49 links, by the shortest ways there are", () => {
  const meter = new Meter();
  const group = woven(50, { onTraffic: meter.note });
  for (let round = 0; round < 20; round++) {
    group.hub((round * 13) % 50).publish(`first/${round}`);
    group.run(2_000);
  }
  let redundant = 0;
  for (let round = 0; round < 20; round++) {
    meter.reset();
    const origin = group.hub((round * 13) % 50);
    const began = group.now;
    const rumor = origin.publish(`news/${round}`);
    expect(group.runUntil(() => everyoneCovers(group, [rumor]), 1_000)).toBe(true);
    const took = group.now - began;
    const hops = living(group).flatMap(({ notices }) =>
      notices.flatMap((notice) =>
        notice.kind === "rumor-applied" && notice.rumor.key === rumor.key ? [notice.hops] : [],
      ),
    );
    expect(hops).toHaveLength(49);
    // A link's delay of one millisecond is all that a hop costs.
    expect(took).toBe(Math.max(...hops));
    expect(took).toBe(eccentricity(group, (round * 13) % 50));
    group.run(2_000);
    redundant += meter.rumors - 49;
  }
  // Relative message redundancy (Leitão 2007 §4): what was sent beyond the necessary, over the necessary.
  expect(redundant / (20 * 49)).toBeLessThanOrEqual(0.02);
});

/** Links to the hub that is farthest away. */
function eccentricity(group: VirtualGroup, from: number): number {
  const distance = new Map([[from, 0]]);
  for (const [hub, hops] of distance)
    for (const next of group.linksOf(hub)) if (!distance.has(next)) distance.set(next, hops + 1);
  return Math.max(...distance.values());
}

test("GOSSIP-25: at 50 % loss nothing is lost", () => {
  const random = new Random(11);
  const group = woven(50, { weather: { lost: () => random.float() < 0.5 } });
  const rumors: Rumor[] = [];
  for (let round = 0; round < 30; round++) {
    rumors.push(group.hub(random.below(50)).publish(`news/${round}`));
    group.run(200);
  }
  expect(group.runUntil(() => everyoneCovers(group, rumors), 60_000)).toBe(true);
  expect(appliedTwice(group)).toEqual([]);
});

test("GOSSIP-5: hubs that die while a rumor spreads do not keep it from the living", () => {
  const random = new Random(3);
  const group = woven(50);
  warmUp(group);
  const rumors: Rumor[] = [];
  for (const victim of [4, 19, 33]) {
    rumors.push(group.hub((victim + 1) % 50).publish(`before/${victim}`));
    group.run(2);
    group.kill(victim);
    group.run(random.below(50));
    rumors.push(group.hub((victim + 2) % 50).publish(`after/${victim}`));
  }
  expect(group.runUntil(() => everyoneCovers(group, rumors), 5_000)).toBe(true);
});

test("GOSSIP-22: a healed partition exchanges what differs and nothing else", () => {
  const meter = new Meter();
  const group = new VirtualGroup({ size: 20, onTraffic: meter.note });
  const [left, right] = [range(0, 10), range(10, 20)];
  const random = new Random(9);
  group.weave(left, 4, random);
  group.weave(right, 4, random);
  group.link(0, 10);
  group.link(5, 15);
  group.run(2_000);
  for (let i = 0; i < 200; i++) group.hub(i % 20).publish(`common/${i}`);
  group.run(20_000);
  expect(digestsEqual(group)).toBe(true);

  group.cut(0, 10);
  group.cut(5, 15);
  for (let i = 0; i < 30; i++) group.hub(i % 20).publish(`apart/${i}`);
  group.run(20_000);
  expect(digestsEqual(group)).toBe(false);

  meter.reset();
  group.link(0, 10);
  expect(group.runUntil(() => digestsEqual(group), 1_000)).toBe(true);
  group.run(20_000);
  // 30 rumors, each to the ten hubs of the other side; a fifth more for what the tree had to be mended with.
  expect(meter.rumors).toBeGreaterThanOrEqual(300);
  expect(meter.rumors).toBeLessThanOrEqual(360);
});

test("GOSSIP-26: an idle hub sends the same few bytes whatever the size of its group", () => {
  const idle = [5, 20, 80].map((size) => {
    const meter = new Meter();
    const group = woven(size, { onTraffic: meter.note });
    warmUp(group);
    group.run(30_000);
    meter.reset();
    group.run(100_000);
    expect(meter.count("gossip-digest")).toBe(meter.messages);
    expect(meter.largest).toBeLessThanOrEqual(64);
    return meter.bytes / size / 100;
  });
  for (const bytesPerSecond of idle) expect(bytesPerSecond).toBeLessThanOrEqual(2);
});

test("GOSSIP-24: superseded updates leave no holes, so idle hubs agree without a range", () => {
  const meter = new Meter();
  const group = woven(10, { onTraffic: meter.note });
  warmUp(group);
  meter.reset();
  for (let i = 0; i < 40; i++) group.hub(3).publish(`load/${i % 4}`, { priority: "bulk" });
  group.run(500);
  expect(digestsEqual(group)).toBe(true);
  expect(meter.count("gossip-range")).toBe(0);
});

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}
