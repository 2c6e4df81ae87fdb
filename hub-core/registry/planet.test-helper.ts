/** Hubs to fill a world with, and their configuration. */
import type { HubId, HubIdentity } from "../common/types.ts";
import type { HubConfig, LimitsConfig, RegistryConfig } from "../config/hub-config.ts";

export function hub(
  hubId: HubId,
  tier: HubIdentity["tier"],
  region: string,
  parent: HubId | null,
  latitude = 0,
  longitude = 0,
): HubIdentity {
  return { hubId, tier, region, coordinates: { latitude, longitude }, parent, address: `https://${hubId}.example` };
}

/** One global hub in the west, regions `r1`, `r2`, … each 20 degrees farther east, with local hubs a degree apart. */
export function planet(regions: number, localsEach: number): HubIdentity[] {
  const hubs = [hub("g", "global", "r1", null, 10, 0)];
  for (let r = 1; r <= regions; r++) {
    hubs.push(hub(`r${r}`, "regional", `r${r}`, "g", 0, 20 * r));
    for (let l = 1; l <= localsEach; l++) hubs.push(hub(`r${r}-l${l}`, "local", `r${r}`, `r${r}`, l, 20 * r));
  }
  return hubs;
}

export function testConfig(
  self: HubIdentity,
  registry: Partial<RegistryConfig> = {},
  limits: Partial<LimitsConfig> = {},
): HubConfig {
  return {
    hub: self,
    seeds: [],
    above: [],
    network: { maxConnections: 10, connectionTimeoutMs: 1_000, leaseMs: 600_000 },
    gossip: {
      intervalMs: 1_000,
      fanout: 3,
      strategy: "hybrid",
      mode: "push_pull",
      maxMessageBytes: 65_536,
      compression: true,
      batchSize: 10,
      hopLimit: 8,
      coalesceMs: 2,
      antiEntropyIntervalMs: 10_000,
      maxInFlightBytes: 262_144,
    },
    membership: {
      probeIntervalMs: 500,
      probeTimeoutMs: 500,
      suspicionTimeoutMs: 2_000,
      pauseToleranceMs: 3_000,
      indirectProbes: 3,
      retransmitMultiplier: 4,
      reclaimAfterMs: 86_400_000,
      redialIntervalMs: 500,
    },
    consensus: { threshold: 0.6, proposalTimeoutMs: 10_000 },
    state: { strategies: [], maxClockSkewMs: 60_000, maxKeys: 1_000 },
    registry: {
      healthCheckIntervalMs: 2_000,
      healthCheckTimeoutMs: 1_000,
      unhealthyThreshold: 2,
      healthyThreshold: 2,
      tombstoneTtlMs: 3_600_000,
      deregisterAfterMs: 0,
      adoptAfterMs: 2_000,
      handBackPerSecond: 10,
      rampUpMs: 10_000,
      flapWindowMs: 30_000,
      ...registry,
    },
    limits: {
      maxRegionalHubs: 10,
      maxChildHubs: 20,
      maxClusters: 100,
      maxGraphCacheSize: 1_000,
      maxGossipMessages: 10_000,
      maxConsensusProposals: 100,
      cleanupIntervalMs: 300_000,
      ...limits,
    },
  };
}
