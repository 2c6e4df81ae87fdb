/** What one hub does, seen from its neighbours. */
import { expect, test } from "vitest";
import type { GossipMode } from "../config/hub-config.ts";
import { MAX_REPAIRS } from "./repair.ts";
import { digestsEqual, everyoneCovers, Meter } from "./testing/census.ts";
import { type GroupOptions, type Traffic, VirtualGroup } from "./testing/virtual-group.ts";

interface Scene {
  readonly group: VirtualGroup;
  readonly traffic: Traffic[];
}

/** `links`: pairs of hub numbers. */
function scene(
  size: number,
  links: readonly (readonly [number, number])[],
  options: Partial<GroupOptions> = {},
): Scene {
  const traffic: Traffic[] = [];
  const group = new VirtualGroup({ size, onTraffic: (each) => traffic.push(each), ...options });
  for (const [a, b] of links) group.link(a, b);
  group.run(500);
  traffic.length = 0;
  return { group, traffic };
}

const star = (leaves: number): [number, number][] => Array.from({ length: leaves }, (_, i) => [0, i + 1]);

function pushes(traffic: readonly Traffic[]): { at: number; to: string; keys: string[] }[] {
  return traffic.flatMap(({ at, to, message }) =>
    message.kind === "gossip-push" ? [{ at, to, keys: message.rumors.map(({ rumor }) => rumor.key) }] : [],
  );
}

test("GOSSIP-1: a rumor leaves at once, and those that follow within the coalescing time leave together", () => {
  const { group, traffic } = scene(2, [[0, 1]]);
  const began = group.now;
  for (const key of ["a", "b", "c"]) group.hub(0).publish(key);
  group.run(50);
  expect(pushes(traffic).map(({ at, keys }) => [at - began, keys])).toEqual([
    [0, ["a"]],
    [3, ["b", "c"]],
  ]);
});

test("GOSSIP-3: a lazy neighbour is told ids only, later, and not what it is known to hold", () => {
  const { group, traffic } = scene(3, [
    [0, 1],
    [1, 2],
    [0, 2],
  ]);
  for (let i = 0; i < 6; i++) {
    group.hub(0).publish(`warm/${i}`);
    group.run(1_500);
  }
  traffic.length = 0;
  group.hub(0).publish("news");
  group.run(1_500);
  expect(pushes(traffic)).toHaveLength(2);
  const announced = traffic.filter(({ message }) => message.kind === "gossip-have");
  // Of the pruned pair, whoever speaks first spares the other its announcement.
  expect(announced).toHaveLength(1);
  expect(announced[0]?.bytes).toBeLessThan(30);
});

test("GOSSIP-6: each origin has its own tree, so a link that one prunes the other uses", () => {
  const triangle = [
    [0, 1],
    [1, 2],
    [0, 2],
  ] as const;
  const { group, traffic } = scene(3, triangle);
  for (const origin of [0, 1, 2]) {
    group.hub(origin).publish(`warm/${origin}`);
    group.run(1_500);
  }
  for (const origin of [0, 1, 2]) {
    traffic.length = 0;
    group.hub(origin).publish(`news/${origin}`);
    group.run(1_500);
    expect(traffic.flatMap(({ from, message }) => (message.kind === "gossip-push" ? [from] : []))).toEqual([
      group.hub(origin).id,
      group.hub(origin).id,
    ]);
  }
});

test("GOSSIP-5: who loses the peer that brought an origin's rumors asks all that could take its place, at once", () => {
  const diamond = [
    [0, 1],
    [0, 2],
    [1, 3],
    [2, 3],
  ] as const;
  const { group, traffic } = scene(4, diamond);
  group.hub(0).publish("warm");
  group.run(1_500);
  const parent = group.hub(3).gossip.stats().prunes === 1 ? traffic.find(({ to }) => to === "hub-03")?.from : undefined;
  traffic.length = 0;
  group.cut(3, Number(parent?.slice(4)));
  expect(traffic.flatMap(({ from, message }) => (message.kind === "gossip-graft" ? [from] : []))).toEqual(["hub-03"]);
  group.run(50);
  const began = group.now;
  const rumor = group.hub(0).publish("news");
  expect(group.runUntil(() => everyoneCovers(group, [rumor]), 1_000)).toBe(true);
  expect(group.now - began).toBe(2);
});

test("GOSSIP-7: a rumor does not go back to the hub that brought it", () => {
  const { group, traffic } = scene(3, [
    [0, 1],
    [1, 2],
  ]);
  group.hub(0).publish("news");
  group.run(3_000);
  expect(pushes(traffic).map(({ to }) => to)).toEqual(["hub-01", "hub-02"]);
});

test("GOSSIP-8: at the hop limit a rumor is pushed no further, and anti-entropy still brings it", () => {
  const chain = [
    [0, 1],
    [1, 2],
    [2, 3],
    [3, 4],
  ] as const;
  const { group } = scene(5, chain, { config: { hopLimit: 2, antiEntropyIntervalMs: 5_000 } });
  const rumor = group.hub(0).publish("news");
  group.run(100);
  expect(group.hubs.map(({ store }) => store.covers("hub-00", rumor.seq, "news"))).toEqual([
    true,
    true,
    true,
    false,
    false,
  ]);
  expect(group.hub(2).gossip.stats().hop_limited).toBe(1);
  group.run(60_000);
  expect(everyoneCovers(group, [rumor])).toBe(true);
});

test("GOSSIP-9: an expired rumor is not forwarded", () => {
  const { group, traffic } = scene(
    3,
    [
      [0, 1],
      [1, 2],
    ],
    { weather: { delay: () => 10 } },
  );
  group.hub(0).publish("short", { expiresAt: group.now + 5 });
  group.hub(0).publish("long", { expiresAt: group.now + 500 });
  group.run(200);
  expect(pushes(traffic).map(({ to, keys }) => [to, keys])).toEqual([
    ["hub-01", ["short"]],
    ["hub-01", ["long"]],
    ["hub-02", ["long"]],
  ]);
});

test("GOSSIP-9: an expired rumor is neither pushed nor announced", () => {
  const { group, traffic } = scene(9, star(8));
  group.hub(0).publish("over", { expiresAt: group.now });
  group.run(500);
  expect(traffic).toEqual([]);
});

test("GOSSIP-10: under pressure urgent rumors leave before normal ones, and bulk waits", () => {
  const { group, traffic } = scene(2, [[0, 1]], {
    config: { maxInFlightBytes: 4_000, batchSize: 2 },
    weather: { delay: () => 50 },
  });
  const priorities = ["bulk", "normal", "urgent"] as const;
  for (let i = 0; i < 12; i++) {
    const priority = priorities[i % 3];
    if (priority) group.hub(0).publish(`${priority}/${i}`, { priority, padding: 900 });
  }
  group.run(5_000);
  const order = pushes(traffic).flatMap(({ keys }) => keys.map((key) => key.slice(0, key.indexOf("/"))));
  expect(order).toHaveLength(12);
  // The first bulk rumor left at once, alone; of the rest, urgent came first and bulk last.
  expect(order.slice(1, 5)).toEqual(["urgent", "urgent", "urgent", "urgent"]);
  expect(order.slice(-3)).toEqual(["bulk", "bulk", "bulk"]);
});

test("GOSSIP-12: a peer that cannot be reached fast enough costs bounded memory, and is made whole later", () => {
  const { group } = scene(2, [[0, 1]], {
    maxQueued: 400,
    config: { maxInFlightBytes: 2_000 },
    weather: { delay: () => 40 },
  });
  for (let i = 0; i < 200; i++) group.hub(0).publish(`bulk/${i}`, { priority: "bulk", padding: 300 });
  const stats = group.hub(0).gossip.stats();
  expect(stats.queue_depth).toBeLessThanOrEqual(stats.queue_limit);
  expect(stats.dropped).toBeGreaterThan(0);
  group.run(60_000);
  expect(digestsEqual(group)).toBe(true);
});

test("GOSSIP-13: bytes in flight to a peer pass the limit by one message at most", () => {
  const { group } = scene(2, [[0, 1]], {
    config: { maxInFlightBytes: 3_000, batchSize: 1 },
    weather: { delay: () => 30 },
  });
  let most = 0;
  for (let i = 0; i < 100; i++) {
    group.hub(0).publish(`key/${i}`, { priority: "urgent", padding: 500 });
    group.run(2);
    most = Math.max(most, group.hub(0).gossip.stats().peers[0]?.in_flight_bytes ?? 0);
  }
  expect(most).toBeGreaterThanOrEqual(3_000);
  expect(most).toBeLessThanOrEqual(3_000 + 700);
  group.run(30_000);
  expect(digestsEqual(group)).toBe(true);
});

test("GOSSIP-15: messages hold no more rumors and bytes than configured", () => {
  const { group, traffic } = scene(2, [[0, 1]], { config: { batchSize: 4, maxMessageBytes: 4_096 } });
  for (let i = 0; i < 60; i++) group.hub(0).publish(`key/${i}`, { padding: (i % 7) * 300 });
  group.cut(0, 1);
  for (let i = 0; i < 60; i++) group.hub(0).publish(`late/${i}`, { padding: (i % 7) * 300 });
  group.link(0, 1);
  group.run(10_000);
  expect(digestsEqual(group)).toBe(true);
  for (const { message, bytes } of traffic) {
    expect(bytes).toBeLessThanOrEqual(4_096);
    if (message.kind === "gossip-push" || message.kind === "gossip-range")
      expect(message.rumors.length).toBeLessThanOrEqual(4);
  }
});

test("GOSSIP-15: a rumor that fits no message is counted and never taken for delivered", () => {
  const { group } = scene(2, [[0, 1]], { config: { maxMessageBytes: 1_024, antiEntropyIntervalMs: 1_000 } });
  const small = group.hub(0).publish("small");
  const large = group.hub(0).publish("large", { padding: 2_000 });
  const after = group.hub(0).publish("after");
  group.run(20_000);
  const { store } = group.hub(1);
  expect([small, large, after].map(({ seq, key }) => store.covers("hub-00", seq, key))).toEqual([true, false, true]);
  expect(store.vector().get("hub-00")).toBe(small.seq);
  expect(group.hub(0).gossip.stats().oversized).toBeGreaterThan(0);
});

test("GOSSIP-16: what a peer does not confirm is announced again, a bounded number of times", () => {
  let deaf = false;
  const { group, traffic } = scene(2, [[0, 1]], {
    config: { mode: "push", antiEntropyIntervalMs: 10_000_000 },
    weather: { lost: () => deaf },
  });
  deaf = true;
  group.hub(0).publish("news");
  group.run(120_000);
  expect(traffic.filter(({ message }) => message.kind === "gossip-have")).toHaveLength(MAX_REPAIRS);
  expect(group.hub(0).gossip.stats().repairs).toBe(MAX_REPAIRS);
});

test("GOSSIP-16: when everything is confirmed the repair tick is not even armed", () => {
  const { group } = scene(4, star(3), { config: { antiEntropyIntervalMs: 10_000_000 } });
  group.hub(0).publish("news");
  group.run(2_500);
  expect(group.hubs.map(({ gossip }) => gossip.stats().repairs)).toEqual([0, 0, 0, 0]);
  for (const { gossip } of group.hubs) expect(gossip.nextDeadline()).toBeGreaterThan(group.now + 100_000);
});

test("GOSSIP-18: push, pull and push-pull each bring what the tree lost", () => {
  for (const mode of ["push", "pull", "push_pull"] satisfies GossipMode[]) {
    let deaf = false;
    const { group, traffic } = scene(
      3,
      [
        [0, 1],
        [1, 2],
      ],
      {
        config: { mode, antiEntropyIntervalMs: 10_000_000 },
        weather: { lost: () => deaf },
      },
    );
    deaf = true;
    const rumor = group.hub(1).publish("news");
    group.run(100);
    deaf = false;
    group.run(10_000);
    expect(everyoneCovers(group, [rumor])).toBe(true);
    const kinds = new Set(traffic.map(({ message }) => message.kind));
    expect(kinds.has("gossip-have")).toBe(mode !== "pull");
    expect(kinds.has("gossip-advance")).toBe(mode !== "push");
  }
});

test("GOSSIP-19: comparing equal views costs one small message", () => {
  const { group, traffic } = scene(2, [[0, 1]]);
  for (let i = 0; i < 50; i++) group.hub(i % 2).publish(`key/${i}`);
  group.run(30_000);
  traffic.length = 0;
  group.run(100_000);
  expect(traffic.length).toBeGreaterThanOrEqual(15);
  expect(new Set(traffic.map(({ message }) => message.kind))).toEqual(new Set(["gossip-digest"]));
  expect(Math.max(...traffic.map(({ bytes }) => bytes))).toBeLessThanOrEqual(64);
  expect(group.hub(0).gossip.stats().last_anti_entropy_at).not.toBeNull();
});

test("GOSSIP-21: views are compared as soon as a link opens, by one digest", () => {
  const { group, traffic } = scene(2, []);
  const rumors = [group.hub(0).publish("left"), group.hub(1).publish("right")];
  group.link(0, 1);
  expect(traffic.map(({ from, message }) => [from, message.kind])).toEqual([["hub-00", "gossip-digest"]]);
  group.run(10);
  expect(everyoneCovers(group, rumors)).toBe(true);
});

test("GOSSIP-22: a range on its way is not sent again when views are compared meanwhile", () => {
  const meter = new Meter();
  const { group } = scene(2, [], {
    onTraffic: meter.note,
    weather: { delay: () => 100 },
    config: { antiEntropyIntervalMs: 300 },
  });
  for (let i = 0; i < 300; i++) group.hub(0).publish(`key/${i}`, { padding: 1_000 });
  group.link(0, 1);
  group.run(20_000);
  expect(digestsEqual(group)).toBe(true);
  expect(meter.rumors).toBe(300);
});

test("GOSSIP-23: what could not be applied is not seen, and comes again until it can be", () => {
  const { group } = scene(2, [[0, 1]], { config: { antiEntropyIntervalMs: 1_000 } });
  group.hub(1).store.refuses = ({ key }) => key === "strange";
  const rumors = ["before", "strange", "after"].map((key) => group.hub(0).publish(key));
  group.run(5_000);
  const { store, gossip } = group.hub(1);
  expect(rumors.map(({ seq, key }) => store.covers("hub-00", seq, key))).toEqual([true, false, true]);
  expect(store.vector().get("hub-00")).toBe(rumors[0]?.seq);
  expect(gossip.stats().rejected).toBeGreaterThan(0);
  store.refuses = () => false;
  group.run(5_000);
  expect(digestsEqual(group)).toBe(true);
});

test("GOSSIP-24: numbers that a restart skipped leave no hole behind", () => {
  const { group, traffic } = scene(
    3,
    [
      [0, 1],
      [1, 2],
    ],
    { config: { antiEntropyIntervalMs: 10_000_000 } },
  );
  group.hub(0).publish("one");
  group.hub(0).publish("two", { skip: 1_000 });
  group.run(1_000);
  expect(digestsEqual(group)).toBe(true);
  expect(traffic.some(({ message }) => message.kind === "gossip-range")).toBe(false);
});
