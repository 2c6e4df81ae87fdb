/** Proposals as the API tells them (docs/API.md, "Consensus"). */
import { isoTime } from "../../common/iso-time.ts";
import { answered, type Reply } from "../../common/problem.ts";
import { asThreshold, requiredVotes } from "../../common/required-votes.ts";
import type { GroupId, Json } from "../../common/types.ts";
import { type Proposal, sizeOf } from "./proposal.ts";

const DEFAULT_PAGE = 100;
const MAX_PAGE = 1_000;
/** A page ends after the proposal that passes this. */
const MAX_PAGE_BYTES = 1_024 * 1_024;

export interface ProposalPage {
  readonly state?: "active" | "decided" | undefined;
  readonly cursor?: string | undefined;
  readonly limit?: number | undefined;
}

export interface ProposalsOfGroup {
  readonly group: GroupId;
  readonly proposals: Iterable<Proposal>;
}

/** All but the value: what is kept as the reply to a command. */
export function proposalStanding(proposal: Proposal, group: GroupId) {
  const { proposalId, proposer, kind, key, state, electorate, votes, openedAt, expiresAt, decided, reason } = proposal;
  const { voters, outgoing, threshold } = electorate;
  return {
    proposal_id: proposalId,
    group,
    proposer,
    kind,
    key,
    state,
    threshold: asThreshold(threshold),
    required_votes: requiredVotes(voters.length, threshold),
    voters,
    ...(outgoing && {
      joint: { voters: outgoing, required_votes: requiredVotes(outgoing.length, threshold) },
    }),
    votes: votes.map(({ voter, vote, reason: why, at, byOperator }) => ({
      hub_id: voter,
      vote,
      ...(why !== null && { reason: why }),
      at: isoTime(at),
      by: byOperator ? "operator" : "hub",
    })),
    created_at: isoTime(openedAt),
    expires_at: isoTime(expiresAt),
    ...(decided && { decided_at: isoTime(decided.at), index: decided.index }),
    ...(reason !== null && { reason }),
  };
}

export function proposalAnswer(proposal: Proposal, group: GroupId) {
  return { ...proposalStanding(proposal, group), value: JSON.parse(proposal.value) as Json };
}

/** Of all groups, the newest first. */
export function listProposals(groups: Iterable<ProposalsOfGroup>, { state, cursor, limit }: ProposalPage): Reply {
  const after = cursor === undefined ? null : parseCursor(cursor);
  const found = [...groups]
    .flatMap(({ group, proposals }) => [...proposals].map((proposal) => ({ group, proposal })))
    .filter(({ proposal }) => state === undefined || (state === "active") === (proposal.state === "pending"))
    .filter(({ proposal }) => after === null || newestFirst(after, proposal) < 0)
    .sort((a, b) => newestFirst(a.proposal, b.proposal));
  const page: typeof found = [];
  let bytes = 0;
  for (const one of found) {
    if (page.length === pageSize(limit) || bytes > MAX_PAGE_BYTES) break;
    page.push(one);
    bytes += sizeOf(one.proposal);
  }
  const last = page.at(-1)?.proposal;
  return answered({
    proposals: page.map(({ proposal, group }) => proposalAnswer(proposal, group)),
    next_cursor: page.length < found.length && last ? `${last.openedAt}/${last.proposalId}` : null,
  });
}

type Place = Pick<Proposal, "openedAt" | "proposalId">;

function newestFirst(a: Place, b: Place): number {
  if (a.openedAt !== b.openedAt) return b.openedAt - a.openedAt;
  if (a.proposalId === b.proposalId) return 0;
  return a.proposalId < b.proposalId ? 1 : -1;
}

/** One that nobody was given is taken for the place it names, as a cluster's id would be. */
function parseCursor(cursor: string): Place {
  const [openedAt = "", ...rest] = cursor.split("/");
  return { openedAt: Number(openedAt) || 0, proposalId: rest.join("/") };
}

function pageSize(limit = DEFAULT_PAGE): number {
  return Math.min(MAX_PAGE, Math.max(1, limit));
}
