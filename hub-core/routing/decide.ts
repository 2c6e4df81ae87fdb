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
  const scan = { ...verdicts, traitsOf: table.traitsOf, slotOf: latency.slotOf ?? table.siteOf, terms: latency.terms };
  const fixed = table.fixed[strategy];
  const shortlist = new Shortlist(strategy, breadth);
  let threshold = Infinity;
  for (let row = nextWithin(scan, fixed, 0, threshold); row < table.size; ) {
    threshold = shortlist.offer(row, scoreAt(table, latency, strategy, row));
    row = nextWithin(scan, fixed, row + 1, threshold);
  }
  const least = shortlist.leastScore;
  return {
    best: shortlist.best,
    tied: shortlist.within(tieCutoff(least, strategy)),
    stickyTied: shortlist.within(stickyCutoff(least)),
  };
}

interface Scan extends Pick<Verdicts, "byTraits" | "byState">, Pick<LatencyColumn, "terms"> {
  readonly traitsOf: Int32Array;
  readonly slotOf: Int32Array;
}

/** The first row from `from` on that no rule removed and that scores no more than `threshold`; as many as there are if none. */
function nextWithin(scan: Scan, fixed: Float32Array, from: number, threshold: number): number {
  const { byTraits, byState, traitsOf, slotOf, terms } = scan;
  // `scoreAt` and `removedBy`, spelled out and with no call between: this line is all that nearly every candidate costs.
  for (let row = from; row < fixed.length; row++) {
    const score = (terms[slotOf[row] as number] as number) + (fixed[row] as number);
    if (score <= threshold && byState[row] === 0 && byTraits[traitsOf[row] as number] === 0) return row;
  }
  return fixed.length;
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
