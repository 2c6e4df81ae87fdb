/**
 * How often a cluster may change its state in public, counted at its owner only (design.md §8; the idea is RFC 2439's).
 * A worsening is told at once, always. An improvement waits until it and the next worsening can both be paid for,
 * so that over any time T at most burst + T / window changes are told.
 */
import type { DurationMs, Millis } from "../common/types.ts";

export const FLAP_BURST = 4;

export class FlapDamper {
  readonly #windowMs: DurationMs;
  #credit = FLAP_BURST;
  #at: Millis;

  constructor(windowMs: DurationMs, now: Millis) {
    this.#windowMs = windowMs;
    this.#at = now;
  }

  /** One change was told. */
  spend(now: Millis): void {
    this.#refill(now);
    this.#credit -= 1;
  }

  mayImprove(now: Millis): boolean {
    this.#refill(now);
    return this.#credit >= 2;
  }

  /** When `mayImprove` will be true, if nothing is spent until then. */
  improvesAt(now: Millis): Millis {
    this.#refill(now);
    return this.#credit >= 2 ? now : this.#at + Math.ceil((2 - this.#credit) * this.#windowMs);
  }

  #refill(now: Millis): void {
    if (this.#windowMs <= 0) this.#credit = FLAP_BURST;
    else this.#credit = Math.min(FLAP_BURST, this.#credit + Math.max(0, now - this.#at) / this.#windowMs);
    this.#at = Math.max(this.#at, now);
  }
}
