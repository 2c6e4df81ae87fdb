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

/** What one client sees under one set of constraints: the same for every decision until the view changes. */
export interface Ranking {
  /** By candidate; Infinity for those that a rule removed. */
  readonly scores: Float32Array;
  /** The MAX_LIMIT best, ascending, equal ones by id. */
  readonly best: readonly number[];
  /** Those alike enough to be spread over, without and with a sticky key. */
  readonly tied: readonly number[];
  readonly stickyTied: readonly number[];
}

export function rank(table: CandidateTable, verdicts: Verdicts, latency: LatencyColumn, strategy: Strategy): Ranking {
  const { fixed } = table.terms[strategy];
  const scores = new Float32Array(table.size).fill(Infinity);
  const { eligible } = verdicts;
  for (let k = 0; k < eligible.length; k++) {
    const candidate = eligible[k] as number;
    scores[candidate] = (latency.terms[candidate] as number) + (fixed[candidate] as number);
  }
  const best = lowest(scores, MAX_LIMIT);
  const least = best[0] === undefined ? -Infinity : (scores[best[0]] as number);
  return {
    scores,
    best,
    tied: within(scores, tieCutoff(least, strategy)),
    stickyTied: within(scores, stickyCutoff(least)),
  };
}

/** Null when nothing is eligible. */
export function decide(table: CandidateTable, ranking: Ranking, choice: Choice, now: Millis): Decision | null {
  const { best } = ranking;
  if (best.length === 0) return null;
  const sticky = choice.sticky !== null;
  const tied = sticky ? ranking.stickyTied : ranking.tied;
  const chosen = spread(table, tied, { hash: hash32(choice.sticky ?? choice.decisionId), sticky }, now);
  const limit = Math.max(1, Math.min(MAX_LIMIT, choice.limit));
  const ranked = [chosen];
  for (let i = 0; i < best.length && ranked.length < limit; i++) {
    if (best[i] !== chosen) ranked.push(best[i] as number);
  }
  return { ranked, tied: tied.length };
}

/** One pass; nearly every candidate costs one comparison. */
function lowest(scores: Float32Array, count: number): number[] {
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

function insert(best: number[], scores: Float32Array, candidate: number, score: number, count: number): void {
  if (best.length < count) best.push(candidate);
  let at = best.length - 1;
  while (at > 0 && (scores[best[at - 1] as number] as number) > score) {
    best[at] = best[at - 1] as number;
    at--;
  }
  best[at] = candidate;
}

function within(scores: Float32Array, cutoff: number): number[] {
  const found: number[] = [];
  for (let candidate = 0; candidate < scores.length; candidate++) {
    if ((scores[candidate] as number) <= cutoff) found.push(candidate);
  }
  return found;
}
