export type { AgreedState } from "./agreed-state.ts";
export { Consensus, type ConsensusOutbox, type GroupLeader } from "./consensus.ts";
export type { ConsensusMessage } from "./raft/index.ts";
export type { ConsensusRequest } from "./requests.ts";
export type { RosterMember } from "./roster.ts";
export type { GroupStatus } from "./status.ts";
