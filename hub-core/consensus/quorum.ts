/** How many of `n` voters it takes. Thresholds are whole millionths, so that every replica rounds alike. */
import { invariant } from "../common/types.ts";

export const MILLIONTHS = 1_000_000;

/** More than half: any two majorities of the same voters meet in one of them. */
export function majority(n: number): number {
  return Math.floor(n / 2) + 1;
}

/**
 * `max(floor(n/2)+1, ceil(threshold × n))`: never less than a majority, never more than all.
 * In floats 0.55 × 100 is above 55 and would round up to 56.
 */
export function requiredVotes(n: number, thresholdMillionths: number): number {
  invariant(Number.isInteger(n) && n >= 1, "a quorum is of at least one voter");
  invariant(Number.isInteger(thresholdMillionths), "a threshold is in whole millionths");
  const share = Math.min(MILLIONTHS, Math.max(0, thresholdMillionths));
  return Math.max(majority(n), Math.ceil((n * share) / MILLIONTHS));
}

/** What a user gave as 0…1, to a millionth. */
export function toMillionths(threshold: number): number {
  return Math.round(Math.min(1, Math.max(0, threshold)) * MILLIONTHS);
}
