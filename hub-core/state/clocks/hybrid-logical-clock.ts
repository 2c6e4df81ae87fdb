/**
 * Hybrid logical clock (Kulkarni 2014): close to the wall clock, above every stamp issued or seen.
 * A stamp is one whole number, milliseconds times 1,024 plus a count, so that stamps compare as numbers; good until 2248.
 */
import type { DurationMs, Millis } from "../../common/types.ts";

/** Stamps of one millisecond; past them the clock runs into the next. */
const PER_MS = 1_024;

export type Stamp = number;

export function stampAt(ms: Millis): Stamp {
  return Math.floor(ms) * PER_MS;
}

export function millisOf(stamp: Stamp): Millis {
  return Math.floor(stamp / PER_MS);
}

export class HybridLogicalClock {
  #last: Stamp = 0;

  /** The highest stamp issued or seen. */
  get last(): Stamp {
    return this.#last;
  }

  /** Above every stamp before, and no less than the wall clock. */
  tick(wall: Millis): Stamp {
    this.#last = Math.max(this.#last + 1, stampAt(wall));
    return this.#last;
  }

  /** The caller has refused what is too far ahead. */
  observe(stamp: Stamp): void {
    this.#last = Math.max(this.#last, stamp);
  }

  /** By how much the next stamp would be ahead of the wall clock. */
  aheadOf(wall: Millis): DurationMs {
    return Math.max(0, millisOf(this.#last + 1) - wall);
  }
}
