/** Sections as written → settings as used: defaults, then the profile, then what the file says. */
import { profileValues } from "./profiles.ts";
import type { Sections } from "./sections.ts";
import type { Profile, SecurityConfig, Settings } from "./settings.ts";

const DAY_MS = 86_400_000;

function ms(seconds: number | undefined, otherwise: number): number {
  return seconds === undefined ? otherwise : Math.round(seconds * 1_000);
}

export function resolveSettings(sections: Sections, profile: Profile | null): Settings {
  const base = profileValues(profile);
  const { network = {}, consensus = {}, monitoring = {}, limits = {} } = sections;
  return {
    profile,
    network: {
      maxConnections: network.max_connections_per_node ?? 10,
      connectionTimeoutMs: ms(network.connection_timeout, 30_000),
      leaseMs: ms(network.link_lease, 14 * 60_000),
    },
    gossip: resolveGossip(sections.gossip, base.gossip),
    membership: resolveMembership(sections.membership, base.membership),
    consensus: {
      threshold: consensus.threshold ?? 0.6,
      proposalTimeoutMs: ms(consensus.proposal_timeout, 10_000),
    },
    registry: resolveRegistry(sections.registry, monitoring.health_check_interval, base.registry),
    state: resolveState(sections.state),
    monitoring: {
      metricsEnabled: monitoring.metrics_enabled ?? true,
      metricsPort: monitoring.metrics_port ?? 9_090,
      logLevel: monitoring.log_level ?? "info",
    },
    limits: {
      maxRegionalHubs: limits.max_regional_hubs ?? 10,
      maxChildHubs: limits.max_child_hubs ?? 20,
      maxClusters: limits.max_clusters ?? 100,
      maxGraphCacheSize: limits.max_graph_cache_size ?? 1_000,
      maxGossipMessages: limits.max_gossip_messages ?? 10_000,
      maxConsensusProposals: limits.max_consensus_proposals ?? 100,
      cleanupIntervalMs: ms(limits.cleanup_interval, 300_000),
    },
    security: resolveSecurity(sections.security),
  };
}

function resolveGossip(
  written: Sections["gossip"] = {},
  base: ReturnType<typeof profileValues>["gossip"],
): Settings["gossip"] {
  return {
    intervalMs: ms(written.interval, base.intervalMs),
    fanout: written.fanout ?? 3,
    strategy: written.strategy ?? "hybrid",
    mode: written.mode ?? "push_pull",
    maxMessageBytes: written.max_message_size ?? 65_536,
    compression: written.compression_enabled ?? true,
    batchSize: written.batch_size ?? 10,
    hopLimit: written.hop_limit ?? 8,
    coalesceMs: written.coalesce_ms ?? base.coalesceMs,
    antiEntropyIntervalMs: ms(written.anti_entropy_interval, base.antiEntropyIntervalMs),
    maxInFlightBytes: written.max_in_flight_bytes ?? 262_144,
  };
}

function resolveMembership(
  written: Sections["membership"] = {},
  base: ReturnType<typeof profileValues>["membership"],
): Settings["membership"] {
  return {
    probeIntervalMs: ms(written.probe_interval, base.probeIntervalMs),
    probeTimeoutMs: ms(written.probe_timeout, base.probeTimeoutMs),
    suspicionTimeoutMs: ms(written.suspicion_timeout, base.suspicionTimeoutMs),
    pauseToleranceMs: ms(written.pause_tolerance, base.pauseToleranceMs),
    indirectProbes: written.indirect_probes ?? 3,
    retransmitMultiplier: written.retransmit_multiplier ?? 4,
    reclaimAfterMs: ms(written.reclaim_after, DAY_MS),
    redialIntervalMs: ms(written.redial_interval, base.redialIntervalMs),
  };
}

function resolveRegistry(
  written: Sections["registry"] = {},
  checkInterval: number | undefined,
  base: ReturnType<typeof profileValues>["registry"],
): Settings["registry"] {
  return {
    healthCheckIntervalMs: ms(checkInterval, base.healthCheckIntervalMs),
    healthCheckTimeoutMs: ms(written.health_check_timeout, base.healthCheckTimeoutMs),
    unhealthyThreshold: written.unhealthy_threshold ?? 2,
    healthyThreshold: written.healthy_threshold ?? 2,
    tombstoneTtlMs: ms(written.tombstone_ttl, DAY_MS),
    deregisterAfterMs: ms(written.deregister_after, 3_600_000),
    adoptAfterMs: ms(written.adopt_after, base.adoptAfterMs),
    handBackPerSecond: written.hand_back_per_second ?? 10,
    rampUpMs: ms(written.ramp_up, base.rampUpMs),
    flapWindowMs: ms(written.flap_window, base.flapWindowMs),
  };
}

function resolveState(written: Sections["state"] = {}): Settings["state"] {
  return {
    strategies: written.strategies ?? [],
    maxClockSkewMs: ms(written.max_clock_skew, 60_000),
    maxKeys: written.max_keys ?? 1_000,
  };
}

function resolveSecurity(written: Sections["security"] = {}): SecurityConfig {
  const { authentication = {}, authorization = {} } = written;
  return {
    tlsEnabled: written.tls_enabled ?? false,
    method: authentication.method ?? "jwt",
    secretKey: authentication.secret_key ?? null,
    tokenExpiryMs: ms(authentication.token_expiry, 3_600_000),
    issuer: authentication.issuer ?? "mpreg-federation",
    rbacEnabled: authorization.rbac_enabled ?? true,
    adminRoles: authorization.admin_roles ?? ["federation_admin"],
    operatorRoles: authorization.operator_roles ?? ["federation_operator"],
  };
}
