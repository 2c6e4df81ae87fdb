/** How many of a group's voters a commit needs. In integers: 0.55 × 100 in floats rounds up to 56. */

export const MILLION = 1_000_000;

/** A threshold as files and the API write it, 0…1, as it travels: in millionths. */
export function inMillionths(threshold: number): number {
  return Math.round(threshold * MILLION);
}

/** As the API writes what travelled in millionths. */
export function asThreshold(millionths: number): number {
  return millionths / MILLION;
}

/**
 * max(⌊n/2⌋ + 1, ⌈threshold × n⌉): never less than a majority, so that any two quorums meet (Raft §5.4).
 * `threshold` in millionths, at most a million. No voters need one vote, which nobody can give.
 */
export function requiredVotes(voters: number, threshold: number): number {
  return Math.max(Math.floor(voters / 2) + 1, Math.floor((threshold * voters + MILLION - 1) / MILLION));
}
