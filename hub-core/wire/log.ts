/** What a group agrees on: the entries of its log, the commands in them, and the state they build. */
import type { Reply } from "../common/problem.ts";
import type { GroupId, HubId, Millis } from "../common/types.ts";
import { id } from "./catalog.ts";
import {
  bool,
  bytes,
  type Decoded,
  type DecodeError,
  decode,
  encode,
  list,
  nullable,
  oneOf,
  struct,
  text,
  uint,
  union,
  variant,
} from "./codec.ts";

/** The group of the global hub and the regional hubs. */
export const GLOBAL_GROUP: GroupId = "global";

export const KEY_BYTES = 512;
/** Of JSON as `JSON.stringify` writes it, in UTF-8. */
export const VALUE_BYTES = 65_536;
export const MAX_VOTERS = 7;
/** A parent and its children, with room for replicas on their way out. */
const MAX_MEMBERS = 512;
export const MAX_COMMANDS = 512;
export const REASON_BYTES = 1_024;

/** A hub with the storage that it has had since its first start: one that lost its storage is another replica. */
export const replica = struct({ hubId: id, replica: uint });
export type Replica = Decoded<typeof replica>;

/**
 * Who votes (Raft §4.3). `outgoing`: the voters before, while the change is joint; null when it is not.
 * `threshold`: in millionths of the voters.
 */
export const configuration = struct({
  voters: list(replica, MAX_VOTERS),
  outgoing: nullable(list(replica, MAX_VOTERS)),
  learners: list(replica, MAX_MEMBERS),
  threshold: uint,
});
export type Configuration = Decoded<typeof configuration>;

// ── Commands ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Written only where the key has this version; 0: only where it is absent. */
const expectation = nullable(struct({ version: uint }));
/** Written only while the key `key` is held with this fencing token. */
const fence = nullable(struct({ key: text(KEY_BYTES), token: uint }));

export const PROPOSAL_KINDS = ["write", "ballot"] as const;
export const VOTES = ["yes", "no"] as const;
export type Vote = (typeof VOTES)[number];

/** All came with version 2 of the protocol, in which logs travel: a hub that speaks an earlier one has no part in a group's log. */
export const operation = union({
  put: variant(1, {
    key: text(KEY_BYTES),
    /** JSON. */
    value: text(VALUE_BYTES),
    expect: expectation,
    fence,
    /** The key goes when this lease does. */
    lease: nullable(id),
  }),
  delete: variant(2, { key: text(KEY_BYTES), expect: expectation, fence }),
  "lease-grant": variant(3, { lease: id, ttlMs: uint }),
  "lease-renew": variant(4, { lease: id }),
  "lease-revoke": variant(5, { lease: id }),
  /** Nothing but time: leases and proposals that are past theirs end. */
  lapse: variant(6, {}),
  propose: variant(10, {
    proposalId: id,
    kindOfProposal: oneOf(PROPOSAL_KINDS),
    key: text(KEY_BYTES),
    value: text(VALUE_BYTES),
    expect: expectation,
    /** In millionths; 0: the group's. Never less than the group's. */
    threshold: uint,
    timeoutMs: uint,
    /** Refused when as many are pending: the proposer's `max_consensus_proposals`, for all replicas must count to the same. */
    maxPending: uint,
  }),
  vote: variant(11, {
    proposalId: id,
    voter: id,
    vote: oneOf(VOTES),
    reason: nullable(text(REASON_BYTES)),
    /** Given by an operator for the hub. */
    byOperator: bool,
  }),
  withdraw: variant(12, { proposalId: id }),
});
export type Operation = Decoded<typeof operation>;
export type OperationOf<K extends Operation["kind"]> = Extract<Operation, { kind: K }>;

/**
 * A client session (Raft thesis §6.3): `seq` goes up by one with each command of a hub's run, and all below `floor` are
 * settled. A command that is appended twice is applied once. A hub that lost its storage counts its incarnations anew, so its
 * runs are told apart by `replica` too.
 */
export const session = struct({ hubId: id, replica: uint, incarnation: uint, seq: uint, floor: uint });
export type Session = Decoded<typeof session>;
/** What tells a command from all others. */
export type SessionName = Omit<Session, "floor">;

export const command = struct({
  session,
  /** A user's Idempotency-Key, and what tells its request from another. */
  idempotency: nullable(struct({ key: text(255), request: text(128) })),
  operation,
});
export type Command = Decoded<typeof command>;

// ── Entries ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** `at`: leader-stamped log time, never less than that of the entry before. */
export const entry = struct({
  term: uint,
  at: uint,
  body: union({
    /** The first of each term: commits what came before (Raft §8). */
    noop: variant(1, {}),
    configuration: variant(2, { configuration }),
    commands: variant(3, { commands: list(command, MAX_COMMANDS) }),
  }),
});
export type Entry = Decoded<typeof entry>;
export const ENTRY_BYTES = 1_048_576;

/** Logs outlive versions of the software: what is stored, and sent as it is stored, stays in this version of the codec. */
const LOG_VERSION = 2;

export function encodeEntry(value: Entry): Uint8Array<ArrayBuffer> {
  return encode(entry, value, LOG_VERSION);
}

export function decodeEntry(encoded: Uint8Array): Entry | DecodeError {
  return decode(entry, encoded, LOG_VERSION);
}

/**
 * As every other replica will read it, for the hub that made it must apply the same: half a surrogate pair and a part of a
 * millisecond do not travel. A `RangeError` when a text is longer than its field.
 */
export function asCarried(made: Command): Command | RangeError {
  try {
    return decode(command, encode(command, made, LOG_VERSION), LOG_VERSION) as Command;
  } catch (error) {
    if (error instanceof RangeError) return error;
    throw error;
  }
}

/** `data`: the state as `ReplicatedState.encode` gives it. */
export const snapshot = struct({ index: uint, term: uint, at: uint, configuration, data: bytes(64 * 1_024 * 1_024) });
export type Snapshot = Decoded<typeof snapshot>;

export function encodeSnapshot(value: Snapshot): Uint8Array<ArrayBuffer> {
  return encode(snapshot, value, LOG_VERSION);
}

export function decodeSnapshot(encoded: Uint8Array): Snapshot | DecodeError {
  return decode(snapshot, encoded, LOG_VERSION);
}

// ── The state that the log builds ────────────────────────────────────────────────────────────────────────────────────

export interface ApplyContext {
  readonly index: number;
  readonly term: number;
  readonly at: Millis;
  /** In force at this entry. */
  readonly configuration: Configuration;
}

export interface Applied {
  readonly session: Session;
  readonly reply: Reply;
}

/** Deterministic: the same entries give the same bytes and the same replies on every hub. */
export interface ReplicatedState {
  /** @returns how each command ended, in order. A repeated one gets its first reply, and changes nothing. */
  apply(entry: Entry, context: ApplyContext): readonly Applied[];
  /** The reply to a command that was applied, also before a snapshot that was restored; undefined when it was not. */
  outcome(session: SessionName): Reply | undefined;
  /** The open ballots in which `voter` has a vote and has not given it. */
  verdicts(voter: HubId): readonly Verdict[];
  /** Proposals that are not decided. */
  readonly pending: number;
  /** Log time at which a `lapse` changes something; Infinity: never. */
  nextLapse(): Millis;
  encode(): Uint8Array<ArrayBuffer>;
  /** Replaces everything. Throws on bytes that `encode` did not write. */
  restore(data: Uint8Array): void;
  /** Chained over every entry applied: equal at equal index, or a replica has diverged. */
  readonly hash: number;
}

/** How a hub judges an open ballot, and the log time from which it says so: operators may speak for it before. */
export interface Verdict {
  readonly proposalId: string;
  readonly vote: Vote;
  readonly reason: string | null;
  readonly from: Millis;
}
