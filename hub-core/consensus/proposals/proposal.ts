/** A proposal as every replica holds it, and who may decide it: pinned when it was made (design: votes are log entries). */
import { MILLION, requiredVotes } from "../../common/required-votes.ts";
import type { HubId, Millis } from "../../common/types.ts";
import { id } from "../../wire/catalog.ts";
import { bool, type Decoded, list, nullable, oneOf, struct, text, uint } from "../../wire/codec.ts";
import {
  type Configuration,
  KEY_BYTES,
  MAX_VOTERS,
  PROPOSAL_KINDS,
  REASON_BYTES,
  VALUE_BYTES,
  VOTES,
} from "../../wire/log.ts";

export const PROPOSAL_STATES = ["pending", "committed", "rejected", "expired"] as const;
export type ProposalState = (typeof PROPOSAL_STATES)[number];

export const castVote = struct({
  voter: id,
  vote: oneOf(VOTES),
  reason: nullable(text(REASON_BYTES)),
  at: uint,
  byOperator: bool,
});
export type CastVote = Decoded<typeof castVote>;

/** `outgoing`: in a joint configuration the voters before, who must agree as well (Raft §4.3). */
const electorate = struct({
  voters: list(id, MAX_VOTERS),
  outgoing: nullable(list(id, MAX_VOTERS)),
  /** In millionths. */
  threshold: uint,
});
export type Electorate = Decoded<typeof electorate>;

export const proposal = struct({
  proposalId: id,
  proposer: id,
  kind: oneOf(PROPOSAL_KINDS),
  key: text(KEY_BYTES),
  /** JSON. */
  value: text(VALUE_BYTES),
  expect: nullable(struct({ version: uint })),
  electorate,
  state: oneOf(PROPOSAL_STATES),
  /** In the order of the log. */
  votes: list(castVote, 2 * MAX_VOTERS),
  openedAt: uint,
  expiresAt: uint,
  decided: nullable(struct({ at: uint, index: uint })),
  /** Why it was rejected. */
  reason: nullable(text(128)),
});
/** Never changed: a vote or a decision makes another. */
export type Proposal = Decoded<typeof proposal>;

/** Of `configuration`, and the threshold asked, never less than the group's. */
export function electorateOf({ voters, outgoing, threshold }: Configuration, asked: number): Electorate {
  return {
    voters: distinct(voters),
    outgoing: outgoing && distinct(outgoing),
    threshold: Math.min(MILLION, Math.max(threshold, asked)),
  };
}

/** One set, or the two that must both agree. */
export function halves({ voters, outgoing }: Electorate): readonly (readonly HubId[])[] {
  return outgoing === null ? [voters] : [voters, outgoing];
}

export function mayVote(electorate: Electorate, hub: HubId): boolean {
  return halves(electorate).some((voters) => voters.includes(hub));
}

/** Whether a commit of the log, which takes the group's threshold, is as many as this electorate asks for. */
export function decidedByCommit(electorate: Electorate, { threshold }: Configuration): boolean {
  return halves(electorate).every(
    ({ length }) => requiredVotes(length, electorate.threshold) <= requiredVotes(length, threshold),
  );
}

/** What counts against the limits. */
export function sizeOf({ key, value, votes }: Proposal): number {
  return key.length + value.length + votes.reduce((sum, { reason }) => sum + (reason?.length ?? 0), 0);
}

export function decide(
  proposal: Proposal,
  state: Exclude<ProposalState, "pending">,
  reason: string | null,
  { at, index }: { readonly at: Millis; readonly index: number },
): Proposal {
  return { ...proposal, state, reason, decided: { at, index } };
}

function distinct(replicas: Configuration["voters"]): readonly HubId[] {
  return [...new Set(replicas.map(({ hubId }) => hubId))];
}
