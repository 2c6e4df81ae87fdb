/**
 * The contract between a Hub and whoever runs it (the Durable Object, or the simulator).
 *
 * Duties of the runner, for each batch of effects that `step` returned, in this order:
 *   1. make every `persist` durable, all of them or none;
 *   2. only then let any `send`, `reply`, `open-link`, `close-link` or `check` leave;
 *   3. arm timers; a later `set-timer` of the same name replaces the earlier one. Firing late, early or twice is harmless.
 * An `open-link` ends in one `link-opened` or one `dial-failed`. A later one to the same peer ends it with neither.
 * Events reach `step` one at a time. `now` never goes back within one run of the hub; it may jump forward.
 */

import type {
  Check,
  CheckOutcome,
  DialFailure,
  LogFields,
  LogLevel,
  StoredIdentity,
  StoredLog,
  StoredOutcome,
  StoredWrite,
} from "../common/outbox.ts";
import type { Reply } from "../common/problem.ts";
import type { ClusterId, DurationMs, GroupId, HubId, HubIdentity, Millis } from "../common/types.ts";
import type { Request } from "./requests.ts";

export type { CheckOutcome, DialFailure, StoredLog };

/** The runner numbers links; a number is never used twice in one run. */
export type LinkId = number;

export type TimerName = string;

export type HubEvent =
  | { readonly kind: "start" }
  /** The runner has authenticated the peer: `peer` is who the signed token says. */
  | { readonly kind: "link-opened"; readonly link: LinkId; readonly peer: HubId; readonly direction: "out" | "in" }
  | { readonly kind: "link-closed"; readonly link: LinkId }
  | { readonly kind: "dial-failed"; readonly peer: HubId; readonly reason: DialFailure }
  | { readonly kind: "frame"; readonly link: LinkId; readonly bytes: Uint8Array }
  | { readonly kind: "timer"; readonly timer: TimerName; readonly token: number }
  | { readonly kind: "checked"; readonly clusterId: ClusterId; readonly token: number; readonly outcome: CheckOutcome }
  /** Someone outside the protocols knows where these hubs are. */
  | { readonly kind: "introduce"; readonly hubs: readonly HubIdentity[] }
  /** What a group must agree on for them goes into its log together. */
  | { readonly kind: "requests"; readonly asked: readonly Asked[] };

export interface Asked {
  /** The reply bears it. */
  readonly id: string;
  readonly request: Request;
}

export type Effect =
  | { readonly kind: "persist"; readonly write: StoredWrite }
  | { readonly kind: "send"; readonly link: LinkId; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: "open-link"; readonly peer: HubIdentity; readonly timeoutMs: DurationMs }
  | { readonly kind: "close-link"; readonly link: LinkId; readonly code: number; readonly reason: string }
  | { readonly kind: "set-timer"; readonly timer: TimerName; readonly at: Millis; readonly token: number }
  | { readonly kind: "check"; readonly check: Check }
  | { readonly kind: "reply"; readonly id: string; readonly reply: Reply }
  | {
      readonly kind: "log";
      readonly level: LogLevel;
      readonly event: string;
      readonly fields: LogFields;
    };

/** What a hub must find again after it was evicted. `record` holds its own log only; all else is asked of peers. */
export interface StoredState {
  readonly identity: StoredIdentity | null;
  /** Encoded `Rumor`s of this hub's own log, by key. */
  readonly records: ReadonlyMap<string, Uint8Array>;
  /** Hubs it knew, to redial: encoded JSON `HubIdentity`. */
  readonly peers: readonly HubIdentity[];
  /** First answers by Idempotency-Key, oldest first or in any order. */
  readonly outcomes: ReadonlyMap<string, StoredOutcome>;
  readonly logs: ReadonlyMap<GroupId, StoredLog>;
}
