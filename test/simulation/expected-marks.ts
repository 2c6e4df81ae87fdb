/** The rare branches that runs of many seeds must have reached between them, or they have shown less than they seem to. */
import { FAULTS } from "./faults/plan.ts";

/** Of consensus: what its hubs log, what their storage shows, what clients are told. */
export const CONSENSUS_MARKS: readonly string[] = [
  "consensus_leader",
  "consensus_stepped_down",
  "consensus_transfer",
  "consensus_reads_abandoned",
  "consensus:joint",
  "consensus:learner-promoted",
  "consensus:voter-removed",
  "consensus:compacted",
  "consensus:snapshot-installed",
  "consensus:conflict-truncated",
  "consensus:command-doubled",
  "consensus:key-recalled",
  "consensus:relayed",
  "consensus:silent",
  "consensus:history-linearizable",
  "workload:write-no_quorum",
  "workload:write-unknown",
  "workload:write-fenced_off",
  "workload:read-linearizable-no_quorum",
  "workload:retried-elsewhere",
  "workload:repeated-known",
  "workload:never-answered",
  "workload:locked",
  "workload:write-201",
  "workload:write-202",
  "workload:ballot-202",
  "workload:vote-already_voted",
  "workload:proposal-committed",
  "workload:proposal-rejected",
  "workload:proposal-expired",
];

export const EXPECTED_MARKS: readonly string[] = [
  ...FAULTS.map(({ name }) => `fault:${name}`),
  "crash-before-persist",
  "crash-after-persist",
  "crash-between-sends",
  ...CONSENSUS_MARKS,
];
