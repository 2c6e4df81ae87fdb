/**
 * The decision, from arrays alone: rules have removed, scores rank, near-ties are spread. No catalog is read here, so the
 * same code decides at a hub and at an edge that holds only the tables.
 */
import { hash32 } from "../common/random.ts";
import type { Millis } from "../common/types.ts";
import type { CandidateTable } from "./candidate-table.ts";
import { type LatencyColumn, slotAt } from "./latency-column.ts";
import { MAX_LIMIT, type RouteQuestion, type Strategy } from "./question.ts";
import type { Verdicts } from "./rules.ts";
import { Shortlist } from "./shortlist.ts";
import { spread, stickyCutoff, tieCutoff } from "./spread.ts";

export interface Choice extends Pick<RouteQuestion, "strategy" | "limit" | "sticky"> {
  readonly decisionId: string;
}

export interface Decision {
  /** Rows of the table: the chosen one first, then the next best by score, `limit` in all. */
  readonly ranked: readonly number[];
  /** How many were alike enough to be spread over. */
  readonly tied: number;
}

/** What one client sees under one set of constraints: the same for every decision until a row changes. */
export interface Ranking {
  /** The best, ascending, equal ones by id: as many as `breadthOf` says, or all. */
  readonly best: readonly number[];
  /** Those alike enough to be spread over, without and with a sticky key. */
  readonly tied: readonly number[];
  readonly stickyTied: readonly number[];
}

/** Most questions want a few clusters; finding many costs more, so the two kinds are ranked apart. */
const FEW = 8;

/** How many a ranking names, so that `limit` of them can be. */
export function breadthOf(limit: number): number {
  return limit <= FEW ? FEW : MAX_LIMIT;
}

/** Of a candidate that no rule removed. Exact: see score.ts. */
export function scoreAt(table: CandidateTable, latency: LatencyColumn, strategy: Strategy, row: number): number {
  return (latency.terms[slotAt(table, latency, row)] as number) + (table.fixed[strategy][row] as number);
}

export function rank(
  table: CandidateTable,
  verdicts: Verdicts,
  latency: LatencyColumn,
  strategy: Strategy,
  breadth: number,
): Ranking {
  const { size, traitsOf } = table;
  const { byTraits, byState } = verdicts;
  const { terms } = latency;
  const slotOf = latency.slotOf ?? table.siteOf;
  const fixed = table.fixed[strategy];
  const shortlist = new Shortlist(strategy, breadth);
  let threshold = Infinity;
  // `scoreAt` and `removedBy`, spelled out: this line is all that most candidates cost.
  for (let row = 0; row < size; row++) {
    const score = (terms[slotOf[row] as number] as number) + (fixed[row] as number);
    if (score > threshold || byState[row] !== 0 || byTraits[traitsOf[row] as number] !== 0) continue;
    threshold = shortlist.offer(row, score);
  }
  const least = shortlist.leastScore;
  return {
    best: shortlist.best,
    tied: shortlist.within(tieCutoff(least, strategy)),
    stickyTied: shortlist.within(stickyCutoff(least)),
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
