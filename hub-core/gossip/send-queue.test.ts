import fc from "fast-check";
import { expect, test } from "vitest";
import { PRIORITIES, type Priority, type Rumor } from "../wire/catalog.ts";
import { type Queued, SendQueue } from "./send-queue.ts";

function queued(seq: number, key: string, priority: Priority, previous: number | null = null): Queued {
  const rumor: Rumor = {
    origin: "a",
    seq,
    key,
    priority,
    expiresAt: null,
    body: { kind: "withdrawn", incarnation: 0 },
  };
  return { rumor, hops: 1, previous, bytes: 20 };
}

function drain(queue: SendQueue): Queued[] {
  const taken: Queued[] = [];
  for (const priority of PRIORITIES) {
    for (let each = queue.take(priority); each; each = queue.take(priority)) taken.push(each);
  }
  return taken;
}

test("GOSSIP-11: a newer rumor of a key takes the place of the queued one", () => {
  const queue = new SendQueue(10);
  queue.push(queued(1, "x", "normal"));
  queue.push(queued(2, "y", "normal"));
  queue.push(queued(3, "x", "normal"));
  queue.push(queued(2, "x", "normal"));
  expect(
    drain(queue)
      .map(({ rumor }) => `${rumor.key}${rumor.seq}`)
      .sort(),
  ).toEqual(["x3", "y2"]);
});

test("GOSSIP-11: the replacement travels in the more urgent lane of the two", () => {
  const queue = new SendQueue(10);
  queue.push(queued(1, "x", "urgent"));
  queue.push(queued(2, "x", "bulk"));
  queue.push(queued(3, "y", "bulk"));
  queue.push(queued(4, "y", "urgent"));
  expect(queue.take("urgent")?.rumor.seq).toBe(2);
  expect(queue.take("urgent")?.rumor.seq).toBe(4);
  expect(queue.size).toBe(0);
});

test("GOSSIP-12: at the limit the oldest bulk rumor is dropped, then normal, then urgent", () => {
  const queue = new SendQueue(3);
  const dropped = [
    queued(1, "a", "urgent"),
    queued(2, "b", "bulk"),
    queued(3, "c", "bulk"),
    queued(4, "d", "normal"),
    queued(5, "e", "urgent"),
    queued(6, "f", "urgent"),
    queued(7, "g", "urgent"),
  ].map((each) => queue.push(each)?.rumor.key ?? null);
  expect(dropped).toEqual([null, null, null, "b", "c", "d", "a"]);
});

test("GOSSIP-24: what followed a superseded rumor follows its predecessor", () => {
  const queue = new SendQueue(10);
  queue.push(queued(7, "x", "bulk", 6));
  queue.push(queued(8, "y", "bulk", 7));
  queue.push(queued(9, "x", "bulk", 8));
  expect(drain(queue).map(({ rumor, previous }) => [rumor.seq, previous])).toEqual([
    [8, 6],
    [9, 8],
  ]);
});

test("GOSSIP-24: a claim never reaches over a rumor that was dropped", () => {
  const queue = new SendQueue(1);
  queue.push(queued(7, "x", "bulk", 6));
  queue.push(queued(8, "y", "normal", 7));
  expect(drain(queue).map(({ rumor, previous }) => [rumor.seq, previous])).toEqual([[8, 7]]);
});

test("GOSSIP-12: the queue never exceeds its limit and holds one rumor per key", () => {
  const pushes = fc.array(
    fc.record({
      key: fc.constantFrom("p", "q", "r", "s", "t"),
      priority: fc.constantFrom(...PRIORITIES),
      take: fc.boolean(),
    }),
    { maxLength: 200 },
  );
  fc.assert(
    fc.property(pushes, fc.integer({ min: 1, max: 6 }), (script, limit) => {
      const queue = new SendQueue(limit);
      script.forEach(({ key, priority, take }, index) => {
        queue.push(queued(index + 1, key, priority, index));
        expect(queue.size).toBeLessThanOrEqual(limit);
        if (take) queue.take(priority);
      });
      const keys = drain(queue).map(({ rumor }) => rumor.key);
      expect(new Set(keys).size).toBe(keys.length);
      expect(queue.size).toBe(0);
    }),
  );
});
