/** What the links are given, what they may do, and what they report. */
import type { Metrics } from "../common/metrics.ts";
import type { LogFields, LogLevel } from "../common/outbox.ts";
import type { Random } from "../common/random.ts";
import type { DurationMs, HubId, HubIdentity } from "../common/types.ts";
import type { NetworkConfig } from "../config/hub-config.ts";
import type { Greeted } from "../membership/index.ts";
import type { Leadership } from "../wire/catalog.ts";
import type { Message } from "../wire/messages.ts";
import type { VersionRange } from "../wire/versions.ts";
import type { DialFailure, LinkId } from "./contract.ts";

/** What happened on the links, for the Hub to hand on. */
export type LinkNews =
  | ({ readonly kind: "up" } & Greeted)
  /** `expected`: the peer said goodbye, or this end closed. */
  | { readonly kind: "down"; readonly peer: HubId; readonly expected: boolean }
  | { readonly kind: "dial-failed"; readonly peer: HubId; readonly reason: DialFailure }
  /** It is well, and has no link to spare for this hub, or no group in common with it. */
  | { readonly kind: "refused"; readonly peer: HubId; readonly reason: "over-limit" | "not-in-group" }
  /** It answered a dial and said who it is, though no standing link came of it. */
  | { readonly kind: "answered"; readonly hub: HubIdentity }
  | { readonly kind: "message"; readonly from: HubId; readonly message: Message };

export interface LinkOutbox {
  openLink(peer: HubIdentity, timeoutMs: DurationMs): void;
  closeLink(link: LinkId, code: number, reason: string): void;
  sendFrame(link: LinkId, bytes: Uint8Array<ArrayBuffer>): void;
  log(level: LogLevel, event: string, fields?: LogFields): void;
}

export interface LinksOptions {
  readonly self: HubIdentity;
  readonly incarnation: () => number;
  readonly instance: number;
  readonly versions: VersionRange;
  readonly network: NetworkConfig;
  /** Of one attempt: at most the connection time-out. */
  readonly dialTimeoutMs: DurationMs;
  readonly frames: { readonly maxBytes: number; readonly compression: boolean };
  readonly random: Random;
  readonly metrics: Metrics;
  /** Frames to and from a peer, in bytes; what was sent also as it was before compression. */
  readonly countBytes: (peer: HubId, sent: number, received: number, uncompressed: number) => void;
  /** Of the link to a peer; undefined: not measured yet. */
  readonly rttMs: (peer: HubId) => DurationMs | undefined;
  /** Whether the hub belongs to a group of this one; `standsIn`: by the place that it says it takes. */
  readonly related: (hub: HubIdentity, standsIn: Leadership | null) => boolean;
  /** Whether it may say of itself that it stands in for a member of an own group. */
  readonly mayStandIn: (hub: HubIdentity) => boolean;
  /** By what right this hub is in the group where `hub` is, or may be; null when it belongs there. */
  readonly standsIn: (hub: HubIdentity) => Leadership | null;
  /** Where a hub is, as far as anyone here knows. */
  readonly find: (id: HubId) => HubIdentity | undefined;
}

/** What an end says of itself first. */
export function helloOf({ versions, self, incarnation, instance }: LinksOptions): Message {
  const { oldest: oldestVersion, newest: newestVersion } = versions;
  return { kind: "hello", oldestVersion, newestVersion, hub: self, incarnation: incarnation(), instance };
}
