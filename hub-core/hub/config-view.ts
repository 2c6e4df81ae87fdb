/** The configuration that a hub uses now, as people are shown it. */
import type { HubId } from "../common/types.ts";
import type { HubConfig } from "../config/hub-config.ts";
import type { Hub } from "./hub.ts";

export interface ConfigAnswer {
  readonly hub_id: HubId;
  readonly effective: Record<string, unknown>;
  /** What of it the federation has agreed on, in the words of the configuration file. */
  readonly agreed: unknown;
}

export function configOf(hub: Hub): ConfigAnswer {
  return { hub_id: hub.self.hubId, effective: describeConfig(hub.config), agreed: hub.decisions.agreed };
}

/** What was configured, in the words of the configuration file; there is no secret among it. */
export function describeConfig({
  network,
  gossip,
  membership,
  consensus,
  registry,
  state,
  limits,
}: HubConfig): Record<string, unknown> {
  return {
    network: { max_connections_per_node: network.maxConnections, connection_timeout_ms: network.connectionTimeoutMs },
    gossip: {
      interval_ms: gossip.intervalMs,
      fanout: gossip.fanout,
      strategy: gossip.strategy,
      mode: gossip.mode,
      max_message_size: gossip.maxMessageBytes,
      compression_enabled: gossip.compression,
      batch_size: gossip.batchSize,
    },
    membership: {
      probe_interval_ms: membership.probeIntervalMs,
      probe_timeout_ms: membership.probeTimeoutMs,
      suspicion_timeout_ms: membership.suspicionTimeoutMs,
      pause_tolerance_ms: membership.pauseToleranceMs,
    },
    consensus: { threshold: consensus.threshold, proposal_timeout_ms: consensus.proposalTimeoutMs },
    registry: {
      health_check_interval_ms: registry.healthCheckIntervalMs,
      adopt_after_ms: registry.adoptAfterMs,
      unhealthy_threshold: registry.unhealthyThreshold,
      healthy_threshold: registry.healthyThreshold,
      hand_back_per_second: registry.handBackPerSecond,
      ramp_up_ms: registry.rampUpMs,
      flap_window_ms: registry.flapWindowMs,
    },
    state: {
      strategies: state.strategies,
      max_clock_skew_ms: state.maxClockSkewMs,
      max_keys: state.maxKeys,
    },
    limits: {
      max_regional_hubs: limits.maxRegionalHubs,
      max_child_hubs: limits.maxChildHubs,
      max_clusters: limits.maxClusters,
      max_graph_cache_size: limits.maxGraphCacheSize,
      max_gossip_messages: limits.maxGossipMessages,
      max_consensus_proposals: limits.maxConsensusProposals,
    },
  };
}
