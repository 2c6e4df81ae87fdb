/** The reason: every cluster that offers the service, once, with the rule that removed it or its terms. Reads what `decide` read. */
import { type CandidateTable, termsAt } from "./candidate-table.ts";
import { scoreAt } from "./decide.ts";
import { type LatencyColumn, slotAt } from "./latency-column.ts";
import type { Strategy } from "./question.ts";
import { RULES, type RuleName, removedBy, type Verdicts } from "./rules.ts";

export interface ExplainedCandidate {
  readonly cluster_id: string;
  readonly eligible: boolean;
  readonly filtered_by?: RuleName;
  readonly score?: number;
  /** Add up to the score exactly, in any order. */
  readonly terms?: {
    readonly latency: number;
    readonly load: number;
    readonly health: number;
    readonly cost: number;
    readonly policy: number;
  };
}

export interface Explanation {
  readonly candidates: readonly ExplainedCandidate[];
  readonly rules: readonly RuleName[];
}

/** What a decision was made from; no row of it may change while an explanation may be read. */
export interface Grounds {
  readonly table: CandidateTable;
  readonly verdicts: Verdicts;
  readonly latency: LatencyColumn;
  readonly strategy: Strategy;
}

/** Its rows are made when they are first read: whoever decides does not wait for whoever explains. */
export function explain(grounds: Grounds): Explanation {
  let rows: readonly ExplainedCandidate[] | null = null;
  return {
    get candidates() {
      rows ??= grounds.table.candidates.map((_, row) => explained(grounds, row));
      return rows;
    },
    rules: RULES,
  };
}

function explained({ table, verdicts, latency, strategy }: Grounds, row: number): ExplainedCandidate {
  const cluster_id = (table.candidates[row] as CandidateTable["candidates"][number]).cluster.record.clusterId;
  const rule = removedBy(table, verdicts, row);
  if (rule !== null) return { cluster_id, eligible: false, filtered_by: rule };
  const latencyTerm = latency.terms[slotAt(table, latency, row)] as number;
  return {
    cluster_id,
    eligible: true,
    score: scoreAt(table, latency, strategy, row),
    terms: { latency: latencyTerm, ...termsAt(table, row, strategy) },
  };
}
