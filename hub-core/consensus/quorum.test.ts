import fc from "fast-check";
import { expect, test } from "vitest";
import { MILLIONTHS, majority, requiredVotes, toMillionths } from "./quorum.ts";

test("VOTE-1: required votes are a majority or the threshold's share, whichever is more", () => {
  const table = [
    [1, 0, 1],
    [1, 1_000_000, 1],
    [2, 0, 2],
    [3, 600_000, 2],
    [4, 500_000, 3],
    [5, 600_000, 3],
    [5, 600_001, 4],
    [7, 666_667, 5],
    [7, 1_000_000, 7],
    [100, 550_000, 55],
  ] as const;
  for (const [n, threshold, required] of table)
    expect([n, threshold, requiredVotes(n, threshold)]).toEqual([n, threshold, required]);
});

test("VOTE-1: against big integers, for every number of voters and threshold", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 512 }), fc.integer({ min: 0, max: MILLIONTHS }), (n, threshold) => {
      const share = (BigInt(n) * BigInt(threshold) + 999_999n) / 1_000_000n;
      const half = BigInt(n) / 2n + 1n;
      expect(requiredVotes(n, threshold)).toBe(Number(share > half ? share : half));
    }),
  );
});

test("VOTE-1: any commit quorum meets any majority", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 64 }), fc.integer({ min: 0, max: MILLIONTHS }), (n, threshold) => {
      expect(requiredVotes(n, threshold) + majority(n)).toBeGreaterThan(n);
      expect(requiredVotes(n, threshold)).toBeLessThanOrEqual(n);
    }),
  );
});

test("VOTE-1: a threshold that a user gave is kept to a millionth", () => {
  expect([0, 0.55, 2 / 3, 1, 7, -1].map(toMillionths)).toEqual([0, 550_000, 666_667, 1_000_000, 1_000_000, 0]);
});
