/** Proposals and votes: opened, voted on and decided by entries of the log alone, so that every replica decides alike. */
import { isJson } from "../../common/is-json.ts";
import { answered, type Reply } from "../../common/problem.ts";
import type { GroupId, HubId, Json, Millis } from "../../common/types.ts";
import type { Reader, Writer } from "../../wire/bytes.ts";
import { list } from "../../wire/codec.ts";
import type { KeyValues } from "../../wire/key-values.ts";
import type { ApplyContext, OperationOf, Verdict } from "../../wire/log.ts";
import { BALLOT_GRACE_MS, MAX_DECIDED, MAX_PENDING, MAX_PENDING_BYTES, MAX_PROPOSAL_MS } from "../limits.ts";
import { DecidedProposals } from "./decided-proposals.ts";
import { decide, decidedByCommit, electorateOf, mayVote, type Proposal, proposal, sizeOf } from "./proposal.ts";
import { proposalStanding } from "./proposal-answers.ts";
import {
  alreadyDecided,
  alreadyVoted,
  notAVoter,
  notItsVote,
  notJson,
  proposalExists,
  proposalUnknown,
  tooManyProposals,
} from "./refusals.ts";
import { tally } from "./tally.ts";
import { VoteStatistics } from "./vote-statistics.ts";

/** Why a value may not be written to a key; null: it may. A pure function: it is a hub's judgement, and decides nothing by itself. */
export type Validator = (key: string, value: Json) => string | null;

/** The reason of a rejection. */
const WITHDRAWN = "withdrawn";
/** Fits a vote's reason, whatever characters it has. */
const MAX_REASON_LENGTH = 300;

const storedPending = list(proposal, MAX_PENDING);
const storedDecided = list(proposal, MAX_DECIDED);

export class Proposals {
  readonly #group: GroupId;
  readonly #keyValues: KeyValues;
  readonly #validate: Validator;
  readonly statistics = new VoteStatistics();
  /** The one opened first first. */
  #pending = new Map<string, Proposal>();
  #pendingBytes = 0;
  /** Null: to be found again. */
  #nextDeadline: Millis | null = Number.POSITIVE_INFINITY;
  #decided = new DecidedProposals();

  constructor(group: GroupId, keyValues: KeyValues, validate: Validator) {
    this.#group = group;
    this.#keyValues = keyValues;
    this.#validate = validate;
  }

  get pending(): number {
    return this.#pending.size;
  }

  get decided(): number {
    return this.#decided.size;
  }

  get(proposalId: string): Proposal | undefined {
    return this.#pending.get(proposalId) ?? this.#decided.get(proposalId);
  }

  *[Symbol.iterator](): Generator<Proposal> {
    yield* this.#pending.values();
    yield* this.#decided;
  }

  // ── Commands ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** 201 decided, 202 pending; 400 `invalid_value`, 409 `proposal_exists`, 429 `too_many_proposals` */
  propose(asked: OperationOf<"propose">, proposer: HubId, context: ApplyContext): Reply {
    if (this.get(asked.proposalId)) return proposalExists(asked.proposalId);
    if (!isJson(asked.value)) return notJson(asked.key);
    const opened = open(asked, proposer, context);
    // The entry is committed, so as many voters as a write takes have it already.
    if (opened.kind === "write" && decidedByCommit(opened.electorate, context.configuration)) {
      return answered(this.#standing(this.#close(this.#carryOut(opened, context))), 201);
    }
    const max = Math.min(asked.maxPending, MAX_PENDING);
    if (this.pending >= max || this.#pendingBytes + sizeOf(opened) > MAX_PENDING_BYTES) {
      const limits = {
        proposals: { used: this.pending, max },
        bytes: { used: this.#pendingBytes, max: MAX_PENDING_BYTES },
      };
      return tooManyProposals(limits, this.nextLapse());
    }
    this.#keep(opened);
    return answered(this.#standing(opened), 202);
  }

  /** The same vote again changes nothing. 404 `proposal_unknown`, 403 `not_a_voter`, 409 `already_decided`, 409 `already_voted` */
  vote({ kind: _, proposalId, ...cast }: OperationOf<"vote">, from: HubId, context: ApplyContext): Reply {
    const found = this.get(proposalId);
    if (!found) return proposalUnknown(proposalId);
    const { voter, vote } = cast;
    if (voter !== from) return notItsVote(from, voter);
    if (!mayVote(found.electorate, voter)) return notAVoter(voter, found);
    if (found.state !== "pending") return alreadyDecided(found);
    const first = found.votes.find((one) => one.voter === voter);
    if (first && first.vote !== vote) return alreadyVoted(voter, first.vote, found);
    return answered(this.#standing(first ? found : this.#count(found, cast, context)));
  }

  /** 404 `proposal_unknown`, 409 `already_decided` */
  withdraw(proposalId: string, context: ApplyContext): Reply {
    const found = this.get(proposalId);
    if (!found) return proposalUnknown(proposalId);
    if (found.state !== "pending") return alreadyDecided(found);
    return answered(this.#standing(this.#close(decide(found, "rejected", WITHDRAWN, context))));
  }

  /** Those expire that are past their deadline in log time. */
  lapse({ at, index }: Pick<ApplyContext, "at" | "index">): void {
    if (this.nextLapse() > at) return;
    const late = [...this.#pending.values()].filter(({ expiresAt }) => expiresAt <= at);
    for (const one of late.sort((a, b) => a.expiresAt - b.expiresAt)) {
      this.#close(decide(one, "expired", null, { at, index }));
    }
  }

  nextLapse(): Millis {
    if (this.#nextDeadline !== null) return this.#nextDeadline;
    let next = Number.POSITIVE_INFINITY;
    for (const { expiresAt } of this.#pending.values()) next = Math.min(next, expiresAt);
    this.#nextDeadline = next;
    return next;
  }

  // ── Judgement ──────────────────────────────────────────────────────────────────────────────────────────────────────

  verdicts(voter: HubId): readonly Verdict[] {
    return [...this.#pending.values()]
      .filter(({ electorate, votes }) => mayVote(electorate, voter) && !votes.some((cast) => cast.voter === voter))
      .map((one) => this.#judge(one));
  }

  #judge({ proposalId, key, value, expect, kind, openedAt }: Proposal): Verdict {
    const invalid = this.#validate(key, JSON.parse(value) as Json);
    const reason = invalid ?? (this.#keyValues.meets(key, expect) ? null : `"${key}" is not at the expected version`);
    if (reason !== null) {
      return { proposalId, vote: "no", reason: reason.slice(0, MAX_REASON_LENGTH).toWellFormed(), from: openedAt };
    }
    return { proposalId, vote: "yes", reason: null, from: kind === "write" ? openedAt : openedAt + BALLOT_GRACE_MS };
  }

  // ── Decisions ──────────────────────────────────────────────────────────────────────────────────────────────────────

  #count(found: Proposal, cast: Omit<OperationOf<"vote">, "kind" | "proposalId">, context: ApplyContext): Proposal {
    const voted: Proposal = { ...found, votes: [...found.votes, { ...cast, at: context.at }] };
    this.#keep(voted);
    this.statistics.voted(cast.voter, cast.vote, voted, context.at);
    switch (tally(voted.electorate, voted.votes)) {
      case "open":
        return voted;
      case "committed":
        return this.#close(this.#carryOut(voted, context));
      case "rejected":
        return this.#close(decide(voted, "rejected", "outvoted", context));
    }
  }

  /** Agreed, so it is written, if it still may be. */
  #carryOut(agreed: Proposal, context: ApplyContext): Proposal {
    const { key, value, expect } = agreed;
    const written = this.#keyValues.apply({ kind: "put", key, value, expect, fence: null, lease: null }, context.at);
    return written.ok
      ? decide(agreed, "committed", null, context)
      : decide(agreed, "rejected", written.problem.code, context);
  }

  #close(decided: Proposal): Proposal {
    const open = this.#pending.get(decided.proposalId);
    if (open) {
      this.#pending.delete(open.proposalId);
      this.#pendingBytes -= sizeOf(open);
      if (open.expiresAt === this.#nextDeadline) this.#nextDeadline = null;
      if (decided.reason !== WITHDRAWN) this.statistics.decided(decided);
    }
    this.#decided.add(decided);
    return decided;
  }

  #keep(pending: Proposal): void {
    const before = this.#pending.get(pending.proposalId);
    this.#pending.set(pending.proposalId, pending);
    this.#pendingBytes += sizeOf(pending) - (before ? sizeOf(before) : 0);
    this.#nextDeadline = Math.min(this.nextLapse(), pending.expiresAt);
  }

  #standing(one: Proposal) {
    return proposalStanding(one, this.#group);
  }

  // ── Stored ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  write(writer: Writer): void {
    storedPending.write(writer, [...this.#pending.values()]);
    storedDecided.write(writer, [...this.#decided]);
    this.statistics.write(writer);
  }

  read(reader: Reader): () => void {
    const pending = storedPending.read(reader);
    const decided = storedDecided.read(reader);
    const putStatistics = this.statistics.read(reader);
    return () => {
      this.#pending = new Map(pending.map((one) => [one.proposalId, one]));
      this.#pendingBytes = pending.reduce((sum, one) => sum + sizeOf(one), 0);
      this.#nextDeadline = null;
      this.#decided = new DecidedProposals(decided);
      putStatistics();
    };
  }
}

function open(asked: OperationOf<"propose">, proposer: HubId, { at, configuration }: ApplyContext): Proposal {
  return {
    proposalId: asked.proposalId,
    proposer,
    kind: asked.kindOfProposal,
    key: asked.key,
    value: asked.value,
    expect: asked.expect,
    electorate: electorateOf(configuration, asked.threshold),
    state: "pending",
    votes: [],
    openedAt: at,
    expiresAt: at + Math.min(asked.timeoutMs, MAX_PROPOSAL_MS),
    decided: null,
    reason: null,
  };
}
