/**
 * The best few of a stream of scores and all that come near the best, in one pass: a score above `threshold` can be
 * neither, so that nearly every candidate costs one comparison. The threshold only falls.
 */
import type { Strategy } from "./question.ts";
import { stickyCutoff, tieCutoff } from "./spread.ts";

export class Shortlist {
  readonly #strategy: Strategy;
  readonly #size: number;
  /** The best so far, ascending; of equal ones the earlier first. */
  readonly #rows: number[] = [];
  readonly #scores: number[] = [];
  /** All that were within the threshold of their time. */
  readonly #near: number[] = [];
  readonly #nearScores: number[] = [];
  /** Up to here scores are near-ties of the best so far. */
  #nearness = -Infinity;

  constructor(strategy: Strategy, size: number) {
    this.#strategy = strategy;
    this.#size = size;
  }

  /** A candidate within the threshold. @returns the threshold from here on. */
  offer(row: number, score: number): number {
    this.#near.push(row);
    this.#nearScores.push(score);
    const best = this.#scores[0];
    if (best === undefined || score < best) {
      this.#nearness = Math.max(tieCutoff(score, this.#strategy), stickyCutoff(score));
    }
    this.#insert(row, score);
    return this.#scores.length < this.#size ? Infinity : Math.max(this.#nearness, this.#scores.at(-1) as number);
  }

  get best(): readonly number[] {
    return this.#rows;
  }

  get leastScore(): number {
    return this.#scores[0] ?? Infinity;
  }

  /** In the order of the rows. */
  within(cutoff: number): number[] {
    return this.#near.filter((_, i) => (this.#nearScores[i] as number) <= cutoff);
  }

  #insert(row: number, score: number): void {
    const rows = this.#rows;
    const scores = this.#scores;
    if (rows.length === this.#size) {
      if (score >= (scores[rows.length - 1] as number)) return;
    } else {
      rows.push(row);
      scores.push(score);
    }
    let at = rows.length - 1;
    for (; at > 0 && (scores[at - 1] as number) > score; at--) {
      rows[at] = rows[at - 1] as number;
      scores[at] = scores[at - 1] as number;
    }
    rows[at] = row;
    scores[at] = score;
  }
}
