/** A hub that lost all its links at once is the one that is cut off: it doubts itself before it doubts the others. */
import type { DurationMs, Millis } from "../common/types.ts";

const AT_ONCE_MS: DurationMs = 1_000;

export class Isolation {
  #closures: Millis[] = [];
  #doubting = false;

  get doubting(): boolean {
    return this.#doubting;
  }

  /** A link closed without a goodbye; `linksLeft` remain, in a group of `groupSize`. True when doubt begins. */
  closed(linksLeft: number, groupSize: number, now: Millis): boolean {
    this.#closures = [...this.#closures.filter((at) => now - at <= AT_ONCE_MS), now].slice(-2);
    const begins = !this.#doubting && linksLeft === 0 && groupSize > 2 && this.#closures.length >= 2;
    if (begins) this.#doubting = true;
    return begins;
  }

  /** True when this ends the doubt. */
  linked(): boolean {
    const ends = this.#doubting;
    this.#doubting = false;
    this.#closures = [];
    return ends;
  }
}
