/** Why a proposal or a vote was not taken. */
import { isoTime } from "../../common/iso-time.ts";
import { type Reply, refused } from "../../common/problem.ts";
import type { HubId, Millis } from "../../common/types.ts";
import type { Vote } from "../../wire/log.ts";
import type { Proposal } from "./proposal.ts";

export function proposalUnknown(proposalId: string): Reply<never> {
  const detail = `There is no proposal "${proposalId}" in this group, or it was decided so long ago that it is no longer kept.`;
  return refused(404, "proposal_unknown", detail);
}

export function notJson(key: string): Reply<never> {
  return refused(400, "invalid_value", `The value for "${key}" is not JSON.`);
}

export function proposalExists(proposalId: string): Reply<never> {
  return refused(409, "proposal_exists", `There is a proposal "${proposalId}" already. Propose under another id.`);
}

/** `freesAt`: when the first of them expires; Infinity: none is pending, it is too large by itself. */
export function tooManyProposals(
  limits: Readonly<Record<string, { used: number; max: number }>>,
  freesAt: Millis,
): Reply<never> {
  const detail =
    "This group has as many undecided proposals as it may. Vote on them, withdraw some (DELETE /api/consensus/proposals/{id}), or wait until they expire.";
  return refused(429, "too_many_proposals", detail, {
    limits,
    ...(freesAt < Infinity && { frees_at: isoTime(freesAt) }),
  });
}

export function notAVoter(hub: HubId, { proposalId, electorate }: Proposal): Reply<never> {
  const voters = [...new Set([...electorate.voters, ...(electorate.outgoing ?? [])])].sort();
  const detail = `${hub} has no vote in "${proposalId}": its voters are ${voters.join(", ")}.`;
  return refused(403, "not_a_voter", detail, { voters });
}

export function notItsVote(hub: HubId, voter: HubId): Reply<never> {
  return refused(403, "not_a_voter", `${hub} cannot vote for ${voter}: a hub gives its own vote only. Ask ${voter}.`);
}

export function alreadyDecided({ proposalId, state }: Proposal): Reply<never> {
  return refused(409, "already_decided", `"${proposalId}" is ${state}, and stays so.`, { state });
}

export function alreadyVoted(voter: HubId, vote: Vote, { proposalId }: Proposal): Reply<never> {
  const detail = `${voter} has voted ${vote} on "${proposalId}", and the first vote stands.`;
  return refused(409, "already_voted", detail, { vote });
}
