/** `threshold` in millionths: in floats 0.55 × 100 would round up to 56. */
export const WHOLE = 1_000_000;

/** Never less than a majority, whatever the threshold says: two decisions always share a voter. */
export function requiredVotes(voters: number, threshold: number): number {
  return Math.max(Math.floor(voters / 2) + 1, Math.floor((voters * threshold + WHOLE - 1) / WHOLE));
}
