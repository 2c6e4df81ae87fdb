/** What a hub says of one group's consensus, with the field names of docs/API.md. */

import { requiredVotes } from "../common/required-votes.ts";
import type { HubId, Millis } from "../common/types.ts";
import type { Consensus } from "./consensus.ts";

export interface GroupStatus {
  readonly role: "leader" | "candidate" | "follower" | "learner" | "none";
  readonly term: number;
  readonly leader: HubId | null;
  readonly voters: readonly HubId[];
  readonly learners: readonly HubId[];
  /** While a change of voters is under way: those before. */
  readonly outgoing: readonly HubId[] | null;
  readonly threshold: number;
  readonly required_votes: number;
  /** As far as this hub knows. */
  readonly quorum: { readonly have: number; readonly need: number };
  readonly commit_index: number;
  readonly applied_index: number;
  readonly log_entries: number;
  readonly snapshot_index: number;
  readonly quiesced: boolean;
}

export function statusOf(consensus: Consensus, now: Millis): GroupStatus {
  const { raft, replication } = consensus;
  const { state } = raft;
  const { voters, learners, outgoing } = state.configuration;
  const name = ({ hubId }: { readonly hubId: HubId }): HubId => hubId;
  return {
    role: state.lineage === 0 ? "none" : consensus.votes ? raft.role.kind : "learner",
    term: state.term,
    leader: state.leader,
    voters: voters.map(name),
    learners: learners.map(name),
    outgoing: outgoing?.map(name) ?? null,
    threshold: state.configuration.threshold / 1_000_000,
    required_votes: voters.length === 0 ? 0 : requiredVotes(voters.length, state.configuration.threshold),
    quorum: raft.quorum(now),
    commit_index: state.commit,
    applied_index: replication.applied,
    log_entries: state.log.length,
    snapshot_index: state.log.snapshotIndex,
    quiesced: raft.quiet,
  };
}
