import fc from "fast-check";
import { expect, test } from "vitest";
import { editDistance, nearestOf } from "./edit-distance.ts";

test("a swap of neighbours is one edit", () => {
  expect(editDistance("fanuot", "fanout")).toBe(1);
  expect(editDistance("kitten", "sitting")).toBe(3);
});

test("the distance is symmetric, zero only for equal words, and at most the longer word", () => {
  const word = fc.string({ maxLength: 12 });
  fc.assert(
    fc.property(word, word, (a, b) => {
      const d = editDistance(a, b);
      expect(d).toBe(editDistance(b, a));
      expect(d === 0).toBe(a === b);
      expect(d).toBeLessThanOrEqual(Math.max(a.length, b.length));
    }),
  );
});

test("CONFIG-1: the nearest known key is offered only when it is close", () => {
  expect(nearestOf("probe_intervall", ["probe_interval", "probe_timeout"])).toBe("probe_interval");
  expect(nearestOf("colour", ["probe_interval", "fanout"])).toBeUndefined();
});
