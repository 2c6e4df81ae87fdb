import { expect, test } from "vitest";
import { Random } from "../common/random.ts";
import { MAX_HAND_OVERS } from "./receipt-relay.ts";
import { TestMessages } from "./test-messages.ts";
import { Meter } from "./testing/census.ts";
import { type GroupOptions, VirtualGroup } from "./testing/virtual-group.ts";

function woven(size: number, options: Partial<GroupOptions> = {}): VirtualGroup {
  const group = new VirtualGroup({ size, ...options });
  group.weave(
    group.hubs.map((_, index) => index),
    6,
    new Random(2),
  );
  group.run(1_000);
  return group;
}

function others(group: VirtualGroup, origin: number): string[] {
  return group.hubs.map(({ id }) => id).filter((id) => id !== group.hub(origin).id);
}

test("GOSSIP-29: every hub answers a test message, and the receipts tell its real way", () => {
  const chain = new VirtualGroup({ size: 5, weather: { delay: () => 7 } });
  for (let i = 0; i < 4; i++) chain.link(i, i + 1);
  chain.run(1_000);
  const id = chain.hub(0).startTest("hello", others(chain, 0));
  const before = chain.hub(0).tests.report(id, chain.now);
  expect(before).toMatchObject({ complete: false, delivered: [], missing: ["hub-01", "hub-02", "hub-03", "hub-04"] });
  chain.run(200);
  expect(chain.hub(0).tests.report(id, chain.now)).toEqual({
    message_id: id,
    started_at: new Date(chain.now - 200).toISOString(),
    age_ms: 200,
    complete: true,
    delivered: [
      { hub_id: "hub-01", after_ms: 7, hops: 1 },
      { hub_id: "hub-02", after_ms: 14, hops: 2 },
      { hub_id: "hub-03", after_ms: 21, hops: 3 },
      { hub_id: "hub-04", after_ms: 28, hops: 4 },
    ],
    missing: [],
  });
});

test("GOSSIP-29: fifty hubs are home within a few round trips, with less than three receipt messages each", () => {
  const meter = new Meter();
  const group = woven(50, { onTraffic: meter.note });
  const id = group.hub(9).startTest({ probe: 1 }, others(group, 9));
  group.run(200);
  expect(group.hub(9).tests.report(id, group.now)?.complete).toBe(true);
  expect(meter.count("test-receipts")).toBeLessThanOrEqual(150);
});

test("GOSSIP-30: at 50 % loss every receipt still comes home", () => {
  const random = new Random(6);
  const group = woven(30, { weather: { lost: () => random.float() < 0.5 } });
  const id = group.hub(0).startTest(null, others(group, 0));
  group.run(45_000);
  expect(group.hub(0).tests.report(id, group.now)?.missing).toEqual([]);
});

test("GOSSIP-30: when the neighbour that brought the message is gone, the receipt takes another way", () => {
  const group = new VirtualGroup({ size: 4, weather: { delay: () => 10 } });
  for (const [a, b] of [
    [0, 1],
    [1, 2],
    [2, 3],
  ] as const)
    group.link(a, b);
  group.run(1_000);
  const id = group.hub(0).startTest(null, ["hub-01", "hub-03"]);
  group.run(32);
  expect(group.hub(3).notices).toHaveLength(1);
  group.kill(2);
  group.link(1, 3);
  group.run(3_000);
  expect(group.hub(0).tests.report(id, group.now)).toMatchObject({ complete: true });
});

test("GOSSIP-30: a hand-over that is repeated because its acknowledgement was lost is passed on once", () => {
  const meter = new Meter();
  const group = new VirtualGroup({ size: 3, onTraffic: meter.note });
  group.link(0, 1);
  group.link(1, 2);
  const middle = group.hub(1);
  const receipt = { messageId: "m", origin: "hub-00", hubId: "hub-02", afterMs: 1, hops: 2, handOvers: 1 };
  for (let i = 0; i < 3; i++) {
    middle.tests.receive("hub-02", { kind: "test-receipts", number: 7, receipts: [receipt] }, group.now, middle);
    group.settle(middle);
    group.run(50);
  }
  expect(meter.count("test-receipts")).toBe(1);
  expect(meter.count("test-receipts-ack")).toBe(4);
});

test("GOSSIP-30: a receipt without any way to go waits for a link", () => {
  const group = new VirtualGroup({ size: 3 });
  group.link(1, 2);
  const origin = group.hub(0);
  const id = origin.startTest(null, ["beyond"]);
  const middle = group.hub(1);
  const receipt = { messageId: id, origin: "hub-00", hubId: "beyond", afterMs: 0, hops: 2, handOvers: 1 };
  middle.tests.receive("hub-02", { kind: "test-receipts", number: 7, receipts: [receipt] }, group.now, middle);
  group.settle(middle);
  group.run(5_000);
  expect(origin.tests.report(id, group.now)?.complete).toBe(false);
  group.link(0, 1);
  group.run(1_500);
  expect(origin.tests.report(id, group.now)?.complete).toBe(true);
});

test("GOSSIP-31: a receipt counts once, and its time lies between the start and its own arrival", () => {
  const group = new VirtualGroup({ size: 2 });
  const origin = group.hub(0);
  const id = origin.startTest(null, ["x", "y"]);
  group.run(50);
  const receipt = { messageId: id, origin: origin.id, hubId: "x", hops: 2, handOvers: 1 };
  const arrive = (number: number, receipts: (typeof receipt & { afterMs: number })[]): void =>
    origin.tests.receive("hub-01", { kind: "test-receipts", number, receipts }, group.now, origin);
  arrive(1, [{ ...receipt, afterMs: 9_999 }]);
  arrive(2, [{ ...receipt, afterMs: 3, hops: 9 }]);
  expect(origin.tests.report(id, group.now)).toMatchObject({
    delivered: [{ hub_id: "x", after_ms: 50, hops: 2 }],
    missing: ["y"],
  });
});

test("GOSSIP-31: a receiver whose clock is behind answers zero, not a negative time", () => {
  const group = new VirtualGroup({ size: 2 });
  group.link(0, 1);
  const origin = group.hub(0);
  const id = origin.startTest(null, ["hub-01"]);
  const late = origin.store.newest(origin.id, `test/${id}`);
  expect(late).toBeDefined();
  if (!late) return;
  const behind = group.hub(1);
  behind.tests.applied(late, origin.id, 1, group.now - 5_000, behind);
  behind.tests.tick(group.now, behind);
  group.run(10);
  expect(origin.tests.report(id, group.now)?.delivered).toEqual([{ hub_id: "hub-01", after_ms: 0, hops: 1 }]);
});

test("GOSSIP-32: beyond the limit the oldest test is forgotten", () => {
  const group = new VirtualGroup({ size: 1 });
  const { self } = group.hub(0);
  const tests = new TestMessages({ self, random: new Random(1), limit: 3 });
  const ids = Array.from({ length: 5 }, () => tests.start(null, [], group.now).messageId);
  expect(ids.map((id) => tests.report(id, group.now) !== undefined)).toEqual([false, false, true, true, true]);
});

test("GOSSIP-32: a receipt that nobody takes is given up after a minute, and one that goes in circles after 32 hand-overs", () => {
  const group = new VirtualGroup({ size: 2 });
  const hub = group.hub(1);
  const receipt = { messageId: "m", origin: "far", hubId: "x", afterMs: 1, hops: 2, handOvers: 1 };
  hub.tests.receive("hub-00", { kind: "test-receipts", number: 1, receipts: [receipt] }, group.now, hub);
  expect(hub.tests.nextDeadline()).toBeLessThan(Number.POSITIVE_INFINITY);
  group.settle(hub);
  group.run(62_000);
  expect(hub.tests.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
  const lost = { ...receipt, handOvers: MAX_HAND_OVERS };
  hub.tests.receive("hub-00", { kind: "test-receipts", number: 2, receipts: [lost] }, group.now, hub);
  expect(hub.tests.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
});
