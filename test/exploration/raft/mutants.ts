/** The teeth of the exploration: what has gone wrong in Rafts, or nearly. */
import type { Planted } from "../../simulation/mutants/mutant.ts";
import { AS_THEY_ARE, FIGURE_8, PLAIN, type Scenario } from "./scenarios.ts";

export interface RaftMutant extends Planted {
  readonly scenario: Scenario;
  /** The promise that it breaks first, as it is told. */
  readonly breaks: string;
  /** The fewest actions that it takes. */
  readonly actions: number;
}

const RAFT = "hub-core/consensus/raft";
const ONE_TERM: Scenario = { ...PLAIN, lastTerm: 2 };

export const MUTANTS: readonly RaftMutant[] = [
  {
    name: "votes again after a restart",
    file: `${RAFT}/raft-state.ts`,
    find: "this.#setVote({ ...this.#vote, votedFor: candidate }, out);",
    replace: "this.#vote = { ...this.#vote, votedFor: candidate };",
    scenario: { ...ONE_TERM, crashes: 1 },
    breaks: "takes its vote in term 2",
    actions: 2,
  },
  {
    name: "forgets its term over a restart",
    file: `${RAFT}/raft-state.ts`,
    find: "this.#setVote({ ...this.#vote, term, votedFor: null }, out);",
    replace: "this.#vote = { ...this.#vote, term, votedFor: null };",
    scenario: { ...ONE_TERM, crashes: 1 },
    breaks: "goes from 2 to 1",
    actions: 5,
  },
  {
    name: "acknowledges what it has not stored",
    file: `${RAFT}/raft-state.ts`,
    find: 'out.persist({ table: "raft-entry", group: this.group, index, bytes: added.bytes, commit: this.commit });',
    replace: "",
    scenario: ONE_TERM,
    breaks: "durability",
    actions: 4,
  },
  {
    name: "votes for who is behind",
    file: `${RAFT}/raft-state.ts`,
    find: "return lastTerm > log.lastTerm || (lastTerm === log.lastTerm && lastIndex >= log.lastIndex);",
    replace: "return lastTerm + lastIndex > 0 || log.lastTerm === 0;",
    scenario: PLAIN,
    breaks: "leader completeness",
    actions: 7,
  },
  {
    name: "votes for the longer log, whatever its terms",
    file: `${RAFT}/raft-state.ts`,
    find: "return lastTerm > log.lastTerm || (lastTerm === log.lastTerm && lastIndex >= log.lastIndex);",
    replace: "return lastTerm >= 0 && lastIndex >= log.lastIndex;",
    scenario: FIGURE_8,
    breaks: "leader completeness",
    actions: 12,
  },
  {
    name: "is elected by less than half",
    file: `${RAFT}/configuration.ts`,
    find: "return Math.floor(voters / 2) + 1;",
    replace: "return Math.floor(voters / 2);",
    scenario: ONE_TERM,
    breaks: "election safety",
    actions: 2,
  },
  {
    name: "commits with one vote too few",
    file: `${RAFT}/configuration.ts`,
    find: "return matches[requiredVotes(set.length, configuration.threshold) - 1] ?? 0;",
    replace: "return matches[requiredVotes(set.length, configuration.threshold) - 2] ?? 0;",
    scenario: ONE_TERM,
    breaks: "durability",
    actions: 3,
  },
  {
    name: "asks only the old half of a joint configuration",
    file: `${RAFT}/configuration.ts`,
    find: "return outgoing === null ? [voters] : [voters, outgoing];",
    replace: "return [outgoing ?? voters];",
    scenario: { ...ONE_TERM, change: "shrink", renamings: AS_THEY_ARE },
    breaks: "durability",
    actions: 7,
  },
  {
    name: "asks only the new half of a joint configuration",
    file: `${RAFT}/configuration.ts`,
    find: "return outgoing === null ? [voters] : [voters, outgoing];",
    replace: "return outgoing === undefined ? [] : [voters];",
    scenario: { ...ONE_TERM, change: "shrink", renamings: AS_THEY_ARE },
    breaks: "durability",
    actions: 6,
  },
  {
    name: "commits an earlier term's entry by counting",
    file: `${RAFT}/leadership.ts`,
    find: "if (stored <= s.commit || s.log.termAt(stored) !== s.term) return;",
    replace: "if (stored <= s.commit) return;",
    scenario: FIGURE_8,
    breaks: "leader completeness",
    actions: 11,
  },
  {
    name: "counts an earlier term's entry as a follower",
    file: `${RAFT}/following.ts`,
    find: "if (committed > s.commit && s.log.termAt(committed) === s.term) s.commit = committed;",
    replace: "if (committed > s.commit) s.commit = committed;",
    scenario: FIGURE_8,
    breaks: "leader completeness",
    actions: 10,
  },
  {
    name: "takes for committed what it has and its leader may not",
    file: `${RAFT}/following.ts`,
    find: "Math.min(message.commit, last, log.lastIndex)",
    replace: "Math.min(message.commit, log.lastIndex)",
    scenario: { ...FIGURE_8, lastTerm: 4, heartbeats: 1 },
    breaks: "state machine safety",
    actions: 13,
  },
  {
    name: "appends after an entry of another term",
    file: `${RAFT}/following.ts`,
    find: "if (prevIndex >= log.snapshotIndex && log.termAt(prevIndex) !== prevTerm) {",
    replace: "if (prevIndex >= log.snapshotIndex && log.termAt(prevIndex) === undefined) {",
    scenario: FIGURE_8,
    breaks: "durability",
    actions: 4,
  },
  {
    name: "truncates its log for an append that comes late",
    file: `${RAFT}/following.ts`,
    find: "if (index <= s.log.snapshotIndex || here === added.entry.term) continue;",
    replace: "if (index <= s.log.snapshotIndex) continue;",
    scenario: { ...ONE_TERM, proposals: 1, duplicates: 1, perLink: 2 },
    breaks: "consensus_committed_contradicted",
    actions: 7,
  },
  {
    name: "counts a vote of an earlier term",
    file: `${RAFT}/raft.ts`,
    find: "(granted && term !== candidacy.term)",
    replace: "(granted && term > candidacy.term)",
    scenario: { ...PLAIN, keepSpent: true },
    breaks: "election safety",
    actions: 7,
  },
  {
    name: "follows a leader of an earlier term",
    file: `${RAFT}/raft.ts`,
    find: "if (message.term < state.term) {",
    replace: "if (message.term < 0) {",
    scenario: PLAIN,
    breaks: "consensus_second_leader",
    actions: 7,
  },
];
