/**
 * Which of the two clocks wakes the object. A timer in memory is free but dies with the object; the alarm survives, and each
 * setting of it is a billed row write. So near timers run in memory, and one alarm, never set for sooner than the granularity,
 * stands behind them as the safety net and carries the others (an object with a timer in memory cannot hibernate, and is billed).
 */
import type { DurationMs, Millis } from "../../hub-core/common/types.ts";

export const ALARM_GRANULARITY_MS: DurationMs = 10_000;

/** A timer further off than this waits for the alarm, which may be as late as the granularity after all. */
export const NEAR_MS: DurationMs = 5_000;

export interface WakePlan {
  /** Arm the in-memory timer for this time; null: none. */
  readonly memoryAt: Millis | null;
  /** Set the alarm to this time; null: leave it as it is. */
  readonly alarmAt: Millis | null;
}

/** `earliest` is when the first timer is due (infinity: none); `armedAt` when the alarm will ring (null: not set). */
export function planWake(earliest: Millis, armedAt: Millis | null, now: Millis): WakePlan {
  if (earliest === Number.POSITIVE_INFINITY) return { memoryAt: null, alarmAt: null };
  const wanted = Math.max(earliest, now + ALARM_GRANULARITY_MS);
  const covered = armedAt !== null && armedAt <= wanted;
  return {
    memoryAt: earliest <= now + NEAR_MS ? earliest : null,
    alarmAt: covered ? null : wanted,
  };
}
