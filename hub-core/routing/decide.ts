/**
 * The decision, from tables alone: rules have removed, scores rank, near-ties are spread. No catalog is read here, so the
 * same code decides at a hub and at an edge that holds only the tables.
 */

import { hash32 } from "../common/random.ts";
import type { Millis } from "../common/types.ts";
import type { CandidateTable } from "./candidate-table.ts";
import type { LatencyColumn } from "./latency-column.ts";
import { MAX_LIMIT, type RouteQuestion } from "./question.ts";
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

/** Null when nothing is eligible. */
export function decide(
  table: CandidateTable,
  verdicts: Verdicts,
  latency: LatencyColumn,
  choice: Choice,
  now: Millis,
): Decision | null {
  const { fixed } = table.terms[choice.strategy];
  const { eligible } = verdicts;
  const limit = Math.max(1, Math.min(MAX_LIMIT, choice.limit));
  const best = lowest(eligible, latency.terms, fixed, limit);
  const first = best[0];
  if (first === undefined) return null;
  const least = scoreOf(first, latency.terms, fixed);
  const cutoff = choice.sticky === null ? tieCutoff(least, choice.strategy) : stickyCutoff(least);
  const tied = within(eligible, latency.terms, fixed, cutoff, best, limit);
  const key =
    choice.sticky === null
      ? { hash: hash32(choice.decisionId), sticky: false }
      : { hash: hash32(choice.sticky), sticky: true };
  const chosen = spread(table, tied, key, now);
  return { ranked: [chosen, ...best.filter((candidate) => candidate !== chosen)].slice(0, limit), tied: tied.length };
}

export function scoreOf(candidate: number, latency: Float32Array, fixed: Float32Array): number {
  return (latency[candidate] as number) + (fixed[candidate] as number);
}

/** The `limit` lowest scores, ascending, equal ones by id. One pass; nearly every candidate costs one comparison. */
function lowest(eligible: Int32Array, latency: Float32Array, fixed: Float32Array, limit: number): number[] {
  const best: number[] = [];
  let worst = Infinity;
  for (let k = 0; k < eligible.length; k++) {
    const candidate = eligible[k] as number;
    const score = (latency[candidate] as number) + (fixed[candidate] as number);
    if (score >= worst) continue;
    let at = best.length;
    while (at > 0 && scoreOf(best[at - 1] as number, latency, fixed) > score) at--;
    best.splice(at, 0, candidate);
    if (best.length > limit) best.pop();
    if (best.length === limit) worst = scoreOf(best[limit - 1] as number, latency, fixed);
  }
  return best;
}

/** All with a score up to the cutoff. When the worst of the best is beyond it, they are all among the best. */
function within(
  eligible: Int32Array,
  latency: Float32Array,
  fixed: Float32Array,
  cutoff: number,
  best: readonly number[],
  limit: number,
): number[] {
  const last = best.at(-1) as number;
  if (best.length < limit || scoreOf(last, latency, fixed) > cutoff) {
    return best.filter((candidate) => scoreOf(candidate, latency, fixed) <= cutoff);
  }
  const tied: number[] = [];
  for (let k = 0; k < eligible.length; k++) {
    const candidate = eligible[k] as number;
    if ((latency[candidate] as number) + (fixed[candidate] as number) <= cutoff) tied.push(candidate);
  }
  return tied;
}
