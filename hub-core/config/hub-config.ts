/** One hub's configuration as the machines use it: every value present, spans in milliseconds, sizes in bytes. */
import type { DurationMs, HubIdentity } from "../common/types.ts";

export const GOSSIP_STRATEGIES = ["random", "proximity", "topology_aware", "hybrid"] as const;
export type GossipStrategy = (typeof GOSSIP_STRATEGIES)[number];

export const GOSSIP_MODES = ["push", "pull", "push_pull"] as const;
export type GossipMode = (typeof GOSSIP_MODES)[number];

/** Of a federation: hubs that are known at once, and whose records are kept. */
export const MAX_HUBS = 512;

/** The least that `max_message_size` may be: what every hub takes, whatever its own limit. */
export const LEAST_MESSAGE_BYTES = 32_768;

export interface HubConfig {
  readonly hub: HubIdentity;
  /** Hubs to look for at the start: the parent, siblings and children that are known beforehand. */
  readonly seeds: readonly HubIdentity[];
  /** Members of the group above its own, which it enters when it stands in for its parent. */
  readonly above: readonly HubIdentity[];
  readonly network: NetworkConfig;
  readonly gossip: GossipConfig;
  readonly membership: MembershipConfig;
  readonly consensus: ConsensusConfig;
  readonly registry: RegistryConfig;
  readonly state: StateConfig;
  readonly limits: LimitsConfig;
}

/** How concurrent writes of a register are settled; `consensus_required` refuses eventual writes instead. */
export const CONFLICT_STRATEGIES = [
  "last_write_wins",
  "first_write_wins",
  "merge",
  "multi_value",
  "consensus_required",
] as const;
export type ConflictStrategy = (typeof CONFLICT_STRATEGIES)[number];

export interface StateConfig {
  /** For keys that begin so; no prefix begins with another. */
  readonly strategies: readonly { readonly prefix: string; readonly strategy: ConflictStrategy }[];
  /** What another hub's clock may be ahead of ours before its writes wait. */
  readonly maxClockSkewMs: DurationMs;
  /** Eventual keys of a hub, removed ones included until they are forgotten. */
  readonly maxKeys: number;
}

export interface NetworkConfig {
  /** Links of this hub at once, all groups together. */
  readonly maxConnections: number;
  readonly connectionTimeoutMs: DurationMs;
  /** A link is replaced before this age: the platform may evict an object that dialled, after 15 minutes. */
  readonly leaseMs: DurationMs;
}

export interface GossipConfig {
  /** The repair tick. Rumors do not wait for it. */
  readonly intervalMs: DurationMs;
  readonly fanout: number;
  readonly strategy: GossipStrategy;
  readonly mode: GossipMode;
  /** Of one frame. */
  readonly maxMessageBytes: number;
  readonly compression: boolean;
  /** Rumors in one message. */
  readonly batchSize: number;
  readonly hopLimit: number;
  /** How long a rumor may wait for company before it is pushed. */
  readonly coalesceMs: DurationMs;
  readonly antiEntropyIntervalMs: DurationMs;
  /** Unacknowledged bytes to one peer before bulk rumors wait, then normal ones. */
  readonly maxInFlightBytes: number;
}

export interface MembershipConfig {
  readonly probeIntervalMs: DurationMs;
  readonly probeTimeoutMs: DurationMs;
  /** Longest that a suspicion may last unconfirmed (Lifeguard's maximum). */
  readonly suspicionTimeoutMs: DurationMs;
  /** A hub that is silent for no longer than this is never failed, unless others saw its sockets close and cannot redial it. */
  readonly pauseToleranceMs: DurationMs;
  readonly indirectProbes: number;
  /** λ of the retransmit limit λ·log₁₀(n+1). */
  readonly retransmitMultiplier: number;
  /** How long failed and left members are remembered, and failed ones redialled. */
  readonly reclaimAfterMs: DurationMs;
  /** Between redials of failed members: bounds the time to reconnect after a heal. */
  readonly redialIntervalMs: DurationMs;
}

export interface ConsensusConfig {
  /** 0…1 of the voters; never less than a majority is required, whatever this says. */
  readonly threshold: number;
  readonly proposalTimeoutMs: DurationMs;
}

export interface RegistryConfig {
  /** Used when a cluster names none. */
  readonly healthCheckIntervalMs: DurationMs;
  readonly healthCheckTimeoutMs: DurationMs;
  /** Answers in a row before a state changes. */
  readonly unhealthyThreshold: number;
  readonly healthyThreshold: number;
  readonly tombstoneTtlMs: DurationMs;
  /** A critical cluster that nobody renews is removed after this. */
  readonly deregisterAfterMs: DurationMs;
  /** How long a hub must be failed before its clusters are adopted. */
  readonly adoptAfterMs: DurationMs;
  /** Clusters handed back to a returned hub, per second. */
  readonly handBackPerSecond: number;
  /** A returned or undrained cluster takes this long to reach its full share. */
  readonly rampUpMs: DurationMs;
  /** At most one published state change per cluster in this time, past the first few (flap damping, at the origin only). */
  readonly flapWindowMs: DurationMs;
}

export interface LimitsConfig {
  /** Children of the global hub. */
  readonly maxRegionalHubs: number;
  /** Children of a regional hub. */
  readonly maxChildHubs: number;
  /** Clusters of one hub. */
  readonly maxClusters: number;
  /** Cached graphs, tables and decisions of the router. */
  readonly maxGraphCacheSize: number;
  /** Rumors queued or remembered for repair, all peers together. */
  readonly maxGossipMessages: number;
  readonly maxConsensusProposals: number;
  readonly cleanupIntervalMs: DurationMs;
}
