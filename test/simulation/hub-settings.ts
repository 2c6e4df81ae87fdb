/** The configuration of a simulated hub: the shipped profiles, and the limits that the product enforces. */
import type { HubIdentity } from "../../hub-core/common/types.ts";
import type { HubConfig } from "../../hub-core/config/hub-config.ts";
import { profileValues } from "../../hub-core/config/profiles.ts";

export type Profile = "responsive" | "economy";
export const PROFILES = ["responsive", "economy"] as const satisfies readonly Profile[];

export function hubConfig(hub: HubIdentity, seeds: readonly HubIdentity[], profile: Profile): HubConfig {
  const spans = profileValues(profile);
  return {
    hub,
    seeds,
    network: { maxConnections: 10, connectionTimeoutMs: 5_000, leaseMs: 14 * 60_000 },
    gossip: {
      ...spans.gossip,
      fanout: 3,
      strategy: "hybrid",
      mode: "push_pull",
      maxMessageBytes: 65_536,
      compression: true,
      batchSize: 10,
      hopLimit: 16,
      maxInFlightBytes: 262_144,
    },
    membership: {
      ...spans.membership,
      indirectProbes: 3,
      retransmitMultiplier: 4,
      reclaimAfterMs: 3_600_000,
    },
    registry: {
      ...spans.registry,
      unhealthyThreshold: 2,
      healthyThreshold: 2,
      tombstoneTtlMs: 3_600_000,
      deregisterAfterMs: 0,
      handBackPerSecond: 20,
    },
    limits: {
      maxRegionalHubs: 10,
      maxChildHubs: 20,
      maxClusters: 100,
      maxGraphCacheSize: 100,
      maxGossipMessages: 10_000,
      maxConsensusProposals: 100,
      cleanupIntervalMs: 300_000,
    },
  };
}
