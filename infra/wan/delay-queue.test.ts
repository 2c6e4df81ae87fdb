import fc from "fast-check";
import { expect, test } from "vitest";
import { DelayQueue, type Parcel } from "./delay-queue.ts";

const bytes = (length: number): Parcel => ({ kind: "bytes", bytes: new Uint8Array(length) });

test("a parcel comes out after its delay and not before", () => {
  const queue = new DelayQueue(100);
  queue.push(bytes(1), 1_000, 40);
  expect(queue.nextAt()).toBe(1_040);
  expect(queue.release(1_039)).toEqual([]);
  expect(queue.release(1_040)).toHaveLength(1);
  expect(queue.nextAt()).toBe(Infinity);
});

test("a late parcel holds up those behind it", () => {
  const queue = new DelayQueue(100);
  queue.push(bytes(1), 0, 500);
  queue.push({ kind: "end" }, 1, 10);
  expect(queue.release(499)).toEqual([]);
  expect(queue.release(500).map((parcel) => parcel.kind)).toEqual(["bytes", "end"]);
});

test("a stalled queue takes but does not give, and gives all when it goes on", () => {
  const queue = new DelayQueue(100);
  queue.push(bytes(1), 0, 1);
  queue.stalled = true;
  queue.push(bytes(2), 5, 1);
  expect(queue.nextAt()).toBe(Infinity);
  expect(queue.release(1_000)).toEqual([]);
  queue.stalled = false;
  expect(queue.release(1_000)).toHaveLength(2);
});

test("a queue says when it is full and when there is room again", () => {
  const queue = new DelayQueue(10);
  queue.push(bytes(6), 0, 1);
  expect(queue.full).toBe(false);
  queue.push(bytes(6), 0, 2);
  expect(queue.full).toBe(true);
  queue.release(1);
  expect([queue.full, queue.bytes]).toEqual([false, 6]);
});

test("whatever the delays, all comes out, in order, and nothing early", () => {
  const pushes = fc.array(fc.record({ gap: fc.nat(50), delay: fc.nat(300) }), { maxLength: 60 });
  fc.assert(
    fc.property(pushes, (steps) => {
      const queue = new DelayQueue(Infinity);
      const earliest: number[] = [];
      let now = 0;
      const out: number[] = [];
      const take = (): void => {
        for (const parcel of queue.release(now)) {
          const index = parcel.kind === "bytes" ? parcel.bytes.length : -1;
          expect(now).toBeGreaterThanOrEqual(earliest[index] ?? Infinity);
          out.push(index);
        }
      };
      steps.forEach(({ gap, delay }, i) => {
        now += gap;
        take();
        earliest.push(now + delay);
        queue.push(bytes(i), now, delay);
      });
      while (queue.nextAt() !== Infinity) {
        now = Math.max(now, queue.nextAt());
        take();
      }
      expect(out).toEqual(steps.map((_, i) => i));
      expect(queue.bytes).toBe(0);
    }),
  );
});
