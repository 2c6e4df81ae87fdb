import fc from "fast-check";
import { expect, test } from "vitest";
import { EventHeap } from "./event-heap.ts";

test("items come out by time, and equal times in the order they were added", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 200 }), (times) => {
      const heap = new EventHeap<number>();
      for (const [index, at] of times.entries()) heap.push(at, index);
      const popped: { at: number; item: number }[] = [];
      for (let next = heap.pop(); next; next = heap.pop()) popped.push({ at: next.at, item: next.item });
      const expected = times.map((at, item) => ({ at, item })).sort((a, b) => a.at - b.at || a.item - b.item);
      expect(popped).toEqual(expected);
    }),
  );
});

test("pushes and pops may be mixed: a popped item is never later than one still inside", () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.integer({ min: 0, max: 1_000 })), { maxLength: 300 }), (script) => {
      const heap = new EventHeap<string>();
      let size = 0;
      for (const at of script) {
        if (at !== null) {
          heap.push(at, "x");
          size += 1;
        } else {
          const popped = heap.pop();
          if (popped) size -= 1;
          if (popped) expect(popped.at).toBeLessThanOrEqual(heap.nextAt);
        }
        expect(heap.size).toBe(size);
      }
    }),
  );
});

test("an event without a time is refused", () => {
  expect(() => new EventHeap<number>().push(Number.POSITIVE_INFINITY, 1)).toThrow(RangeError);
});
