export { isVoter, type QuorumView, voterSets } from "./configuration.ts";
export type { Leadership } from "./leadership.ts";
export { type ConsensusMessage, Raft, type RaftMessage, type Role } from "./raft.ts";
export type { RaftOptions, RaftTiming } from "./raft-state.ts";
