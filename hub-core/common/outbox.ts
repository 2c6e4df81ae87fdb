/** What a machine may do to the world. The Hub turns it into effects and keeps the order: persist before send. */

import type { MemberState, Rumor } from "../wire/catalog.ts";
import type { Replica } from "../wire/log.ts";
import type { Message } from "../wire/messages.ts";
import type { Reply } from "./problem.ts";
import type { ClusterId, DurationMs, GroupId, HubId, HubIdentity, Millis } from "./types.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";
export type LogFields = Readonly<Record<string, string | number | boolean | null>>;

export interface StoredIdentity {
  /** Goes up on every start. */
  readonly incarnation: number;
  /** Sequence numbers below this may have been used: a restart begins here, so none is used twice. */
  readonly seqCeiling: number;
  readonly firstStartedAt: Millis;
  /** Drawn at the first start, 48 bits: a hub that lost its storage is another replica. */
  readonly replica: number;
}

/** What Raft must find again (Raft figure 2): with the entries after the snapshot. */
export interface StoredVote {
  /** Drawn when the group was founded: tells its log from that of a group that was founded again. */
  readonly lineage: number;
  readonly term: number;
  /** Its `replica` is 0 in rows of before votes named one: to which it went is not known. */
  readonly votedFor: Replica | null;
}

/** Of one group's consensus. */
export interface StoredLog {
  readonly vote: StoredVote;
  /** An encoded `Snapshot`; null before the first. */
  readonly snapshot: Uint8Array | null;
  /** Encoded `Entry`s by index, without a gap from the snapshot on, or from 1. */
  readonly entries: readonly { readonly index: number; readonly bytes: Uint8Array }[];
  /** The latest `commit` that these entries were written with; 0: none of them says. */
  readonly commit: number;
}

export type StoredWrite =
  | { readonly table: "identity"; readonly value: StoredIdentity }
  /** An encoded `Rumor` of the hub's own log; null deletes it. */
  | { readonly table: "record"; readonly key: string; readonly bytes: Uint8Array<ArrayBuffer> | null }
  | { readonly table: "peer"; readonly hubId: HubId; readonly value: HubIdentity | null }
  /** By Idempotency-Key; null deletes it. */
  | { readonly table: "outcome"; readonly key: string; readonly value: StoredOutcome | null }
  /** Null: this hub is no replica of that group any more, and forgets vote, snapshot and entries. */
  | { readonly table: "raft-vote"; readonly group: GroupId; readonly value: StoredVote | null }
  /** An encoded `Entry`; `commit`: up to where the log was known to be committed when it was written. */
  | {
      readonly table: "raft-entry";
      readonly group: GroupId;
      readonly index: number;
      readonly bytes: Uint8Array<ArrayBuffer>;
      readonly commit: number;
    }
  /** Entries from `from` on are no more: another leader wrote others. */
  | { readonly table: "raft-truncate"; readonly group: GroupId; readonly from: number }
  /** An encoded `Snapshot`, in place of the one before, and of the entries up to `upTo`. */
  | {
      readonly table: "raft-snapshot";
      readonly group: GroupId;
      readonly upTo: number;
      readonly bytes: Uint8Array<ArrayBuffer>;
    };

/** How a write with an Idempotency-Key was answered the first time. */
export interface StoredOutcome {
  /** Tells its request from another with the same key. */
  readonly request: string;
  readonly reply: Reply;
  readonly at: Millis;
}

export type DialFailure = "refused" | "timeout" | "unauthorized" | "unreachable";

export type CheckOutcome =
  | { readonly kind: "answered"; readonly status: number; readonly latencyMs: DurationMs }
  | { readonly kind: "refused" }
  | { readonly kind: "timeout" };

/** One active health check of a cluster. */
export interface Check {
  readonly clusterId: ClusterId;
  readonly token: number;
  readonly url: string;
  readonly timeoutMs: DurationMs;
}

/**
 * As many as a hub asks for of its own clusters, and as its runner does at once: a check that waited for its turn would look
 * as if the hub were late, and a time-out would be excused. The platform lets six connections wait for headers at once; the
 * other two are for dials.
 */
export const MAX_CHECKS_AT_ONCE = 4;

/** What one machine tells its siblings. The Hub hands each to those concerned, after the step that raised it. */
export type Notice =
  | {
      readonly kind: "member-changed";
      readonly group: GroupId;
      readonly hub: HubIdentity;
      readonly incarnation: number;
      readonly from: MemberState | null;
      readonly to: MemberState;
    }
  /** Another hub coordinates the group, or the same one in another term, or nobody is known to. */
  | { readonly kind: "coordinator-changed"; readonly group: GroupId }
  /** This hub wants to lead no group any more, or may again. */
  | { readonly kind: "draining-changed"; readonly draining: boolean }
  /** Another run of this very hub is alive somewhere: same id, other instance. */
  | { readonly kind: "clone-detected"; readonly group: GroupId; readonly address: string }
  /** A rumor was applied to the store, from a peer or (`from` null) by this hub itself. */
  | { readonly kind: "rumor-applied"; readonly rumor: Rumor; readonly from: HubId | null; readonly hops: number };

export interface Outbox {
  /** Queued for the link to `to`; false, and counted, when none is open. */
  send(to: HubId, message: Message): boolean;
  connected(to: HubId): boolean;
  /**
   * Ask for a link now, whatever the overlay wants: a probe, a redial of a failed member, a repair. False when nothing is
   * under way for it: this hub dials as many as it may already, or does not know where that hub is.
   */
  dial(to: HubId): boolean;
  persist(write: StoredWrite): void;
  check(check: Check): void;
  notify(notice: Notice): void;
  log(level: LogLevel, event: string, fields?: LogFields): void;
}
