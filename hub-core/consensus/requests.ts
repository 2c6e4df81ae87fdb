/** What an edge may ask of a group's consensus, and of the state that it agrees on. */
import type { DurationMs, GroupId, Json } from "../common/types.ts";
import type { Vote } from "../wire/log.ts";

export type Expectation = { readonly version: number } | null;

export interface Fence {
  readonly key: string;
  readonly token: number;
}

interface Write {
  readonly idempotencyKey?: string;
}

export type ConsensusRequest =
  | { readonly kind: "consensus-status" }
  | (Write & {
      readonly kind: "proposal-create";
      /** Default: `global` where this hub is a member of it, else its own region. */
      readonly group?: GroupId;
      readonly proposalKind: "write" | "ballot";
      readonly key: string;
      readonly value: Json;
      readonly expect?: Expectation;
      /** 0…1 */
      readonly threshold?: number;
      readonly timeoutMs?: DurationMs;
    })
  /** Of all groups of this hub, newest first. */
  | {
      readonly kind: "proposal-list";
      readonly group?: GroupId;
      readonly state?: "active" | "decided";
      readonly cursor?: string;
      readonly limit?: number;
    }
  | { readonly kind: "proposal-get"; readonly proposalId: string }
  /** An operator votes for this hub. */
  | (Write & {
      readonly kind: "proposal-vote";
      readonly proposalId: string;
      readonly vote: Vote;
      readonly reason?: string;
    })
  /** An operator ends it before it is decided. */
  | (Write & { readonly kind: "proposal-withdraw"; readonly proposalId: string })
  | { readonly kind: "vote-statistics"; readonly group?: GroupId }
  | StrongStateRequest;

/** What a hub answers of all its groups together, as it knows them. */
export type OverviewRequest = Extract<ConsensusRequest, { kind: "proposal-list" | "vote-statistics" }>;
/** What one group answers. */
export type GroupRequest = Exclude<ConsensusRequest, OverviewRequest | { kind: "consensus-status" }>;

export function isOverview(request: ConsensusRequest): request is OverviewRequest {
  return request.kind === "proposal-list" || request.kind === "vote-statistics";
}

export type StrongStateRequest =
  | (Write & {
      readonly kind: "state-put";
      readonly group: GroupId;
      readonly key: string;
      readonly value: Json;
      readonly expect?: Expectation;
      readonly fence?: Fence;
      readonly lease?: string;
    })
  | (Write & {
      readonly kind: "state-delete";
      readonly group: GroupId;
      readonly key: string;
      readonly expect?: Expectation;
      readonly fence?: Fence;
    })
  | {
      readonly kind: "state-get";
      readonly group: GroupId;
      readonly key: string;
      readonly consistency: ReadConsistency;
    }
  | {
      readonly kind: "state-list";
      readonly group: GroupId;
      readonly prefix: string;
      readonly cursor?: string;
      readonly limit?: number;
      readonly consistency: ReadConsistency;
    }
  /** Changes of keys under `prefix` after revision `since`: at once when there are any, else when there are, or after `waitMs`. */
  | {
      readonly kind: "state-watch";
      readonly group: GroupId;
      readonly prefix: string;
      readonly since: number;
      readonly waitMs: DurationMs;
      readonly limit?: number;
    }
  | (Write & { readonly kind: "lease-grant"; readonly group: GroupId; readonly ttlMs: DurationMs })
  | { readonly kind: "lease-renew"; readonly group: GroupId; readonly lease: string }
  | { readonly kind: "lease-revoke"; readonly group: GroupId; readonly lease: string }
  | { readonly kind: "lease-get"; readonly group: GroupId; readonly lease: string };

export type ReadConsistency = "linearizable" | "stale";

const KINDS = {
  "consensus-status": true,
  "proposal-create": true,
  "proposal-list": true,
  "proposal-get": true,
  "proposal-vote": true,
  "proposal-withdraw": true,
  "vote-statistics": true,
  "state-put": true,
  "state-delete": true,
  "state-get": true,
  "state-list": true,
  "state-watch": true,
  "lease-grant": true,
  "lease-renew": true,
  "lease-revoke": true,
  "lease-get": true,
} satisfies Record<ConsensusRequest["kind"], true>;

export function isConsensusRequest(request: { readonly kind: string }): request is ConsensusRequest {
  return request.kind in KINDS;
}
