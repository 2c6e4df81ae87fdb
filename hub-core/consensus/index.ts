export { Consensus, type ConsensusOutbox } from "./consensus.ts";
export { GroupState } from "./group-state.ts";
export { MAX_PENDING } from "./limits.ts";
export { listProposals } from "./proposals/proposal-answers.ts";
export type { ConsensusMessage } from "./raft/index.ts";
export {
  type ConsensusRequest,
  type GroupRequest,
  isConsensusRequest,
  isOverview,
  type OverviewRequest,
} from "./requests.ts";
export type { RosterMember } from "./roster.ts";
export type { GroupStatus } from "./status.ts";
