/** Properties over arbitrary schedules. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Random } from "../common/random.ts";
import { GOSSIP_MODES, GOSSIP_STRATEGIES } from "../config/hub-config.ts";
import { PRIORITIES } from "../wire/catalog.ts";
import { appliedTwice, digestsEqual } from "./testing/census.ts";
import { VirtualGroup } from "./testing/virtual-group.ts";

const SIZE = 6;
const index = fc.nat(SIZE - 1);

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("publish" as const),
      hub: index,
      key: fc.nat(3),
      priority: fc.constantFrom(...PRIORITIES),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("link" as const), a: index, b: index }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("cut" as const), a: index, b: index }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 1_500 }) }) },
);

const schedule = fc.record({
  seed: fc.nat(10_000),
  loss: fc.constantFrom(0, 0.2, 0.5),
  doubled: fc.constantFrom(0, 0.3),
  strategy: fc.constantFrom(...GOSSIP_STRATEGIES),
  mode: fc.constantFrom(...GOSSIP_MODES),
  maxQueued: fc.constantFrom(64, 10_000),
  maxInFlightBytes: fc.constantFrom(600, 100_000),
  steps: fc.array(step, { maxLength: 50 }),
});

test("GOSSIP-25: after any schedule of loss, doubling, reordering and cuts, a linked group converges, applying nothing twice", () => {
  fc.assert(
    fc.property(schedule, ({ seed, loss, doubled, steps, strategy, mode, maxQueued, maxInFlightBytes }) => {
      const random = new Random(seed);
      let stormy = true;
      const group = new VirtualGroup({
        size: SIZE,
        seed,
        maxQueued,
        config: { strategy, mode, maxInFlightBytes, batchSize: 3, antiEntropyIntervalMs: 3_000 },
        weather: {
          delay: () => (stormy ? 1 + random.below(80) : 2),
          lost: () => stormy && random.float() < loss,
          duplicated: () => stormy && random.float() < doubled,
        },
      });
      for (let i = 0; i < SIZE; i++) group.link(i, (i + 1) % SIZE);
      for (const each of steps) {
        if (each.kind === "publish")
          group.hub(each.hub).publish(`key/${each.key}`, { priority: each.priority, padding: 50 });
        else if (each.kind === "link") group.link(each.a, each.b);
        else if (each.kind === "cut") group.cut(each.a, each.b);
        else group.run(each.ms);
        for (const { gossip } of group.hubs) {
          const stats = gossip.stats();
          expect(stats.queue_depth).toBeLessThanOrEqual(stats.queue_limit * stats.peers.length);
        }
      }
      stormy = false;
      for (let i = 0; i < SIZE; i++) group.link(i, (i + 1) % SIZE);
      expect(group.runUntil(() => digestsEqual(group), 60_000)).toBe(true);
      expect(appliedTwice(group)).toEqual([]);
      for (const origin of group.hubs) {
        for (let key = 0; key < 4; key++) {
          const newest = origin.store.newest(origin.id, `key/${key}`);
          for (const { store } of group.hubs) expect(store.newest(origin.id, `key/${key}`)?.seq).toBe(newest?.seq);
        }
      }
    }),
    { numRuns: 60 },
  );
});

test("GOSSIP-25: the same seed gives the same traffic, byte for byte", () => {
  const run = (): string => {
    const trace: string[] = [];
    const random = new Random(77);
    const group = new VirtualGroup({
      size: 12,
      weather: { lost: () => random.float() < 0.3, delay: () => 1 + random.below(20) },
      onTraffic: ({ at, from, to, message, bytes }) => trace.push(`${at} ${from} ${to} ${message.kind} ${bytes}`),
    });
    group.weave(
      group.hubs.map((_, i) => i),
      4,
      random,
    );
    for (let i = 0; i < 20; i++) {
      group.hub(random.below(12)).publish(`key/${i}`);
      group.run(100);
    }
    group.run(5_000);
    return trace.join("\n");
  };
  expect(run()).toBe(run());
});
