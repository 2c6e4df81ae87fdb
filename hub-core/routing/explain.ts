/** The reason: every cluster that offers the service, once, with the rule that removed it or its terms. Reads what `decide` read. */
import type { Candidate, CandidateTable } from "./candidate-table.ts";
import type { Ranking } from "./decide.ts";
import type { LatencyColumn } from "./latency-column.ts";
import type { Strategy } from "./question.ts";
import { RULES, type RuleName, type Verdicts } from "./rules.ts";

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

export function explain(
  table: CandidateTable,
  verdicts: Verdicts,
  latency: LatencyColumn,
  ranking: Ranking,
  strategy: Strategy,
): Explanation {
  const columns = table.terms[strategy];
  const candidates = table.candidates.map(({ cluster }: Candidate, i): ExplainedCandidate => {
    const cluster_id = cluster.record.clusterId;
    const removedBy = verdicts.removedBy[i] as number;
    if (removedBy > 0) return { cluster_id, eligible: false, filtered_by: RULES[removedBy - 1] as RuleName };
    return {
      cluster_id,
      eligible: true,
      score: ranking.scores[i] as number,
      terms: {
        latency: latency.terms[i] as number,
        load: columns.load[i] as number,
        health: columns.health[i] as number,
        cost: columns.cost[i] as number,
        policy: columns.policy[i] as number,
      },
    };
  });
  return { candidates, rules: RULES };
}
