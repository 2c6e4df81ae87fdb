import { expect, test } from "vitest";
import { MAX_RANGES, RangeRequests } from "./range-requests.ts";

test("GOSSIP-22: a range stays on its way until the message that completed it is acknowledged", () => {
  const ranges = new RangeRequests();
  ranges.add("a", 5);
  ranges.sent("a", 8, true, 1);
  expect(ranges.next()).toEqual({ origin: "a", after: 8 });
  ranges.sent("a", 9, false, 2);
  expect(ranges.next()).toBeUndefined();
  ranges.add("a", 5);
  expect(ranges.next()).toBeUndefined();
  ranges.acknowledged(1);
  expect(ranges.size).toBe(1);
  ranges.acknowledged(2);
  ranges.add("a", 5);
  expect(ranges.next()).toEqual({ origin: "a", after: 5 });
});

test("GOSSIP-22: origins past the limit are left to the next exchange", () => {
  const ranges = new RangeRequests();
  const taken = Array.from({ length: MAX_RANGES + 5 }, (_, i) => ranges.add(`origin-${i}`, 0));
  expect(taken.filter((room) => !room)).toHaveLength(5);
  expect(ranges.size).toBe(MAX_RANGES);
});
