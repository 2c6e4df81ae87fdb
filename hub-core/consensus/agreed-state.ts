/** The state that a group's log builds, as its consensus applies, asks and answers for it. */
import type { Reply } from "../common/problem.ts";
import type { HubId } from "../common/types.ts";
import type { KeyValues } from "../wire/key-values.ts";
import type { ReplicatedState } from "../wire/log.ts";

export interface ProposalPage {
  readonly state?: "active" | "decided" | undefined;
  readonly cursor?: string | undefined;
  readonly limit?: number | undefined;
}

export interface AgreedState extends ReplicatedState {
  readonly keyValues: KeyValues;
  /** Answers, with the field names of docs/API.md. */
  proposal(proposalId: string): Reply;
  proposalList(page: ProposalPage): Reply;
  voteStatistics(): Reply;
  /** Whether `hubId` may vote on it; null: no such proposal. */
  mayVote(proposalId: string, hubId: HubId): boolean | null;
}
