/**
 * The round trip to one cluster, and when it is news. Queues and busy machines only ever add to a sample, so the lower
 * quartile of the last few is the way itself (the idea of a base delay: LEDBAT, RFC 6817 §3.1.1).
 */
import type { DurationMs, Millis } from "../common/types.ts";

const SAMPLES = 8;
/** A change is told when it could turn a route, */
const NEWS_MS: DurationMs = 2;
const NEWS_SHARE = 0.2;
/** and no more often than this. */
export const RTT_SPACING_MS: DurationMs = 30_000;

export class RoundTrip {
  #samples: DurationMs[] = [];
  #base: DurationMs | null;

  /** `known`: what an earlier run, or another owner, has measured; the first sample replaces it. */
  constructor(known: DurationMs | null) {
    this.#base = known;
  }

  get baseMs(): DurationMs | null {
    return this.#base;
  }

  sample(rttMs: DurationMs): void {
    this.#samples = [...this.#samples.slice(1 - SAMPLES), rttMs];
    const sorted = [...this.#samples].sort((a, b) => a - b);
    this.#base = sorted[sorted.length >> 2] ?? rttMs;
  }
}

/** Whether `measured` is worth a rumor, `toldAt` being when `told` was told. */
export function isRttNews(told: DurationMs | null, measured: DurationMs | null, toldAt: Millis, now: Millis): boolean {
  if (measured === null) return false;
  if (told === null) return true;
  const difference = Math.abs(measured - told);
  return now - toldAt >= RTT_SPACING_MS && difference >= NEWS_MS && difference >= NEWS_SHARE * told;
}
