/**
 * Raft between the replicas of one group (Ongaro 2014). `from` and `to` are replica numbers: what was meant for a replica that
 * has lost its storage since is not for the one that has its name. Every message that is not of the group's `lineage` is dropped.
 */
import { id } from "./catalog.ts";
import { bool, bytes, list, nullable, oneOf, struct, uint, variant } from "./codec.ts";
import { command, ENTRY_BYTES } from "./log.ts";

export const MAX_ENTRIES = 256;
const MAX_FORWARDED = 512;
const MAX_READS = 1_024;
export const SNAPSHOT_PART_BYTES = 16_384;

const envelope = { group: id, lineage: uint, from: uint, to: uint, term: uint } as const;

export const consensusMessages = {
  /** RequestVote; `pre`: would you vote for me (§9.6)? `transfer`: the leader asked for this election (§3.10). */
  "raft-vote": variant(70, { ...envelope, pre: bool, transfer: bool, lastIndex: uint, lastTerm: uint }),
  "raft-voted": variant(71, { ...envelope, pre: bool, granted: bool }),
  /**
   * AppendEntries. `round` numbers what a leader sends, so that an answer proves the leader was one when that round began.
   * `proposers` are to be told of the acknowledgement too.
   */
  "raft-append": variant(72, {
    ...envelope,
    prevIndex: uint,
    prevTerm: uint,
    commit: uint,
    round: uint,
    /** Encoded `Entry`s: they are stored as they came. */
    entries: list(bytes(ENTRY_BYTES), MAX_ENTRIES),
    proposers: list(id, 8),
    /** No more will come until something happens: watch membership instead of the clock. */
    quiesce: bool,
  }),
  /** `match`: the follower's log equals the leader's up to here. */
  "raft-appended": variant(73, { ...envelope, match: uint, round: uint }),
  /** Its entry at `prevIndex` is of another term: it has at most `index`, of `conflictTerm` (§5.3, fast back-up). */
  "raft-append-refused": variant(74, { ...envelope, prevIndex: uint, index: uint, conflictTerm: uint, round: uint }),
  /** InstallSnapshot, in parts of the encoded `Snapshot`. */
  "raft-snapshot": variant(75, {
    ...envelope,
    index: uint,
    snapshotTerm: uint,
    size: uint,
    offset: uint,
    part: bytes(SNAPSHOT_PART_BYTES),
    round: uint,
  }),
  /** All up to `offset` has arrived. */
  "raft-snapshot-ack": variant(76, { ...envelope, index: uint, offset: uint }),
  /** TimeoutNow (§3.10). */
  "raft-timeout-now": variant(77, { ...envelope }),
  /** A follower's readers ask for a read index; `ids` tell the answers apart. */
  "raft-read": variant(78, { ...envelope, ids: list(uint, MAX_READS) }),
  /** `index` null: this hub cannot say. With `need` over `have` it leads, but nothing can be committed. */
  "raft-read-index": variant(79, {
    ...envelope,
    ids: list(uint, MAX_READS),
    index: nullable(uint),
    have: uint,
    need: uint,
  }),
  /** Commands for the leader's log. */
  "raft-forward": variant(80, { ...envelope, commands: list(command, MAX_FORWARDED) }),
  /** What became of them: not taken, and by whom they may be; those that were taken show in the log. */
  "raft-forward-refused": variant(81, {
    ...envelope,
    sessions: list(struct({ incarnation: uint, seq: uint }), MAX_FORWARDED),
    reason: oneOf(["not-leader", "no-quorum", "busy"]),
    have: uint,
    need: uint,
  }),
} as const;

/** A message for a hub of the group that the sender has no link to, handed on by one that has. */
export const relayMessages = {
  "group-relay": variant(90, { group: id, from: id, to: id, hops: uint, message: bytes(1_048_576) }),
} as const;
