import fc from "fast-check";
import { expect, test } from "vitest";
import { endOfLifetime } from "./lifetime.ts";

test("REG-60: a removal outranks every change of owner of that lifetime, before or after it, known or not", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1_000 }), fc.integer({ min: 0, max: 1_000 }), (removals, owners) => {
      let registered = 1;
      for (let i = 0; i < removals; i++) registered = endOfLifetime(registered) + 1;
      const tombstone = endOfLifetime(registered);
      expect(tombstone).toBeGreaterThan(registered + owners);
      expect(endOfLifetime(registered + owners)).toBe(tombstone);
    }),
    { numRuns: 50 },
  );
});

test("REG-60: a registration after the removal outranks it", () => {
  const tombstone = endOfLifetime(7);
  expect(endOfLifetime(tombstone)).toBe(tombstone);
  expect(endOfLifetime(tombstone + 1)).toBeGreaterThan(tombstone);
});
