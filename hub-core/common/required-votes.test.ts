import fc from "fast-check";
import { expect, test } from "vitest";
import { inMillionths, requiredVotes } from "./required-votes.ts";

test("VOTE-1: a threshold of two decimals asks for what arithmetic in hundredths says, which floats do not", () => {
  expect(Math.ceil(0.55 * 100)).toBe(56);
  expect(requiredVotes(100, inMillionths(0.55))).toBe(55);
  for (let hundredths = 1; hundredths <= 100; hundredths++) {
    for (let voters = 1; voters <= 128; voters++) {
      const share = (hundredths * voters - ((hundredths * voters) % 100)) / 100;
      const exact = share + ((hundredths * voters) % 100 > 0 ? 1 : 0);
      const needed = requiredVotes(voters, inMillionths(hundredths / 100));
      expect(needed).toBe(Math.max(Math.floor(voters / 2) + 1, exact));
    }
  }
});

test("VOTE-1: it is more than half and never more than all, and any two quorums have a voter in common", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000 }), fc.nat(1_000_000), (voters, threshold) => {
      const needed = requiredVotes(voters, threshold);
      expect(2 * needed).toBeGreaterThan(voters);
      expect(needed).toBeLessThanOrEqual(voters);
    }),
  );
});

test.each([
  [1, 0.6, 1],
  [2, 0.6, 2],
  [3, 0.6, 2],
  [5, 0.6, 3],
  [6, 0.7, 5],
  [7, 0.6, 5],
  [7, 1, 7],
  [7, 0, 4],
  [0, 0.6, 1],
])("VOTE-1: of %i voters at %f, %i", (voters, threshold, needed) => {
  expect(requiredVotes(voters, inMillionths(threshold))).toBe(needed);
});
