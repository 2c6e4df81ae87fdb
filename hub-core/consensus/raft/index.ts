export { type QuorumView, replicasOf } from "./configuration.ts";
export type { Leadership } from "./leadership.ts";
export { type ConsensusMessage, Raft, type RaftMessage } from "./raft.ts";
export type { RaftOptions, RaftTiming } from "./raft-state.ts";
