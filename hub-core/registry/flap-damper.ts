/**
 * How often a cluster may change its state in public, counted at its owner only (design.md §8; the idea is RFC 2439's).
 * A worsening is told at once, always. An improvement waits until it and the next worsening can both be paid for,
 * so that over any time T at most burst + T / window changes are told. What an owner says while it settles in (a busy start
 * looks like a sick cluster) is not the cluster's flapping: one worsening and its end are free then.
 */
import type { DurationMs, Millis } from "../common/types.ts";

export const FLAP_BURST = 4;
/** After an owner's start, or its taking over. */
export const SETTLING_MS: DurationMs = 30_000;
export const SETTLING_CHANGES = 2;

export class FlapDamper {
  readonly #windowMs: DurationMs;
  #credit = FLAP_BURST;
  #at: Millis;
  readonly #settledAt: Millis;
  #free = SETTLING_CHANGES;

  constructor(windowMs: DurationMs, now: Millis) {
    this.#windowMs = windowMs;
    this.#at = now;
    this.#settledAt = now + SETTLING_MS;
  }

  /** One change was told. */
  spend(now: Millis): void {
    this.#refill(now);
    if (this.#isFree(now)) this.#free -= 1;
    else this.#credit -= 1;
  }

  mayImprove(now: Millis): boolean {
    this.#refill(now);
    return this.#isFree(now) || this.#credit >= 2;
  }

  /** When `mayImprove` will be true, if nothing is spent until then. */
  improvesAt(now: Millis): Millis {
    return this.mayImprove(now) ? now : this.#at + Math.ceil((2 - this.#credit) * this.#windowMs);
  }

  #isFree(now: Millis): boolean {
    return this.#free > 0 && now < this.#settledAt;
  }

  #refill(now: Millis): void {
    if (this.#windowMs <= 0) this.#credit = FLAP_BURST;
    else this.#credit = Math.min(FLAP_BURST, this.#credit + Math.max(0, now - this.#at) / this.#windowMs);
    this.#at = Math.max(this.#at, now);
  }
}
