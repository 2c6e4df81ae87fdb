/**
 * The decision, from arrays alone: rules have removed, scores rank, near-ties are spread. No catalog is read here, so the
 * same code decides at a hub and at an edge that holds only the tables.
 */
import { hash32 } from "../common/random.ts";
import type { Millis } from "../common/types.ts";
import type { CandidateTable } from "./candidate-table.ts";
import type { LatencyColumn } from "./latency-column.ts";
import { MAX_LIMIT, type RouteQuestion, type Strategy } from "./question.ts";
import type { Verdicts } from "./rules.ts";
import { spread, stickyCutoff, tieCutoff } from "./spread.ts";

export interface Choice extends Pick<RouteQuestion, "strategy" | "limit" | "sticky"> {
  readonly decisionId: string;
}

export interface Decision {
  /** Indices into the table: the chosen one first, then the next best by score, `limit` in all. */
  readonly ranked: readonly number[];
  /** How many were alike enough to be spread over. */
  readonly tied: number;
}

/** By candidate; Infinity for those that a rule removed. */
export type Scores = Float32Array;

/** What one client sees under one set of constraints: the same for every decision until the view changes. */
export function scoreAll(
  table: CandidateTable,
  verdicts: Verdicts,
  latency: LatencyColumn,
  strategy: Strategy,
): Scores {
  const { fixed } = table.terms[strategy];
  const scores = new Float32Array(table.size).fill(Infinity);
  for (const candidate of verdicts.eligible) {
    scores[candidate] = (latency.terms[candidate] as number) + (fixed[candidate] as number);
  }
  return scores;
}

/** Null when nothing is eligible. */
export function decide(table: CandidateTable, scores: Scores, choice: Choice, now: Millis): Decision | null {
  const limit = Math.max(1, Math.min(MAX_LIMIT, choice.limit));
  const best = lowest(scores, limit + USUAL_TIES);
  if (best.length === 0) return null;
  const least = scores[best[0] as number] as number;
  const cutoff = choice.sticky === null ? tieCutoff(least, choice.strategy) : stickyCutoff(least);
  const tied = within(scores, cutoff, best, limit + USUAL_TIES);
  const key =
    choice.sticky === null
      ? { hash: hash32(choice.decisionId), sticky: false }
      : { hash: hash32(choice.sticky), sticky: true };
  const chosen = spread(table, tied, key, now);
  const ranked = [chosen];
  for (let i = 0; i < best.length && ranked.length < limit; i++) {
    if (best[i] !== chosen) ranked.push(best[i] as number);
  }
  return { ranked, tied: tied.length };
}

/** Kept in the first pass beside those to be named, so that ties seldom need a second one. */
const USUAL_TIES = 24;

/** The `count` lowest scores, ascending, equal ones by id. One pass; nearly every candidate costs one comparison. */
function lowest(scores: Scores, count: number): number[] {
  const best: number[] = [];
  let worst = Infinity;
  for (let candidate = 0; candidate < scores.length; candidate++) {
    const score = scores[candidate] as number;
    if (score >= worst) continue;
    insert(best, scores, candidate, score, count);
    if (best.length === count) worst = scores[best[count - 1] as number] as number;
  }
  return best;
}

function insert(best: number[], scores: Scores, candidate: number, score: number, count: number): void {
  if (best.length < count) best.push(candidate);
  let at = best.length - 1;
  while (at > 0 && (scores[best[at - 1] as number] as number) > score) {
    best[at] = best[at - 1] as number;
    at--;
  }
  best[at] = candidate;
}

/** All with a score up to the cutoff. When the last of the best is beyond it, they are all among the best. */
function within(scores: Scores, cutoff: number, best: readonly number[], count: number): number[] {
  const last = scores[best.at(-1) as number] as number;
  if (best.length < count || last > cutoff) return best.filter((candidate) => (scores[candidate] as number) <= cutoff);
  const tied: number[] = [];
  for (let candidate = 0; candidate < scores.length; candidate++) {
    if ((scores[candidate] as number) <= cutoff) tied.push(candidate);
  }
  return tied;
}
