/** What a hub says of itself: `GET /health`, `GET /api/status`, `GET /metrics`. */
import type { CounterSample, HistogramSample, Labels } from "../common/metrics.ts";
import type { HubId, Millis, RegionId, Tier } from "../common/types.ts";
import { MEMBER_STATES, type MemberState } from "../wire/catalog.ts";
import { checkConsensus, consensusOf } from "./agreement-status.ts";
import { describeConfig } from "./config-view.ts";
import { coordinationOf } from "./coordination-status.ts";
import { type CostEstimate, estimateCost } from "./cost.ts";
import type { Group } from "./group.ts";
import type { Hub } from "./hub.ts";

export type CheckStatus = "healthy" | "degraded" | "unhealthy" | "disabled";

export interface HealthCheck {
  readonly status: CheckStatus;
  readonly details: string;
}

export interface Health {
  readonly status: "healthy" | "degraded" | "unhealthy";
  readonly node_id: HubId;
  readonly region: RegionId;
  readonly hub_tier: Tier;
  readonly version: string;
  readonly uptime_ms: number;
  readonly draining: boolean;
  /** False for a moment after the start: others know more yet. */
  readonly synced: boolean;
  readonly checks: {
    readonly gossip_protocol: HealthCheck;
    readonly membership_protocol: HealthCheck;
    readonly consensus_manager: HealthCheck;
  };
}

export interface GaugeSample {
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
}

export interface MetricsSnapshot {
  readonly counters: readonly CounterSample[];
  readonly gauges: readonly GaugeSample[];
  readonly histograms: readonly HistogramSample[];
}

interface Usage {
  readonly used: number;
  readonly max: number;
}

const LEFT: HealthCheck = { status: "unhealthy", details: "left, until it is started again" };
/** A queue this full will soon drop bulk rumors. */
const NEARLY_FULL = 0.8;

export function healthOf(hub: Hub, now: Millis): Health {
  const checks = {
    gossip_protocol: checkGossip(hub),
    membership_protocol: checkMembership(hub),
    consensus_manager: checkConsensus(hub, now),
  };
  const worst = Object.values(checks).map(({ status }) => status);
  const status = worst.includes("unhealthy") ? "unhealthy" : worst.includes("degraded") ? "degraded" : "healthy";
  return {
    status,
    node_id: hub.self.hubId,
    region: hub.self.region,
    hub_tier: hub.self.tier,
    version: hub.softwareVersion,
    uptime_ms: now - hub.startedAt,
    draining: hub.registry.draining || hub.departure.state !== "running",
    synced: hub.catchUp.done(hub, now),
    checks,
  };
}

export function statusOf(hub: Hub, now: Millis): Record<string, unknown> {
  const byGroup = <T>(view: (group: Group) => T): Record<string, T> =>
    Object.fromEntries(hub.groups.map((group) => [group.id, view(group)]));
  return {
    ...healthOf(hub, now),
    incarnation: hub.incarnation,
    config: describeConfig(hub.config),
    parent: hub.self.parent,
    children: childrenOf(hub),
    members: memberCounts(hub),
    groups: byGroup(({ membership }) => membership.status()),
    consensus: consensusOf(hub, now),
    coordination: coordinationOf(hub),
    catalog: hub.registry.status().catalog,
    state: hub.eventual.status(now),
    links: hub.links.greeted().map((link) => ({
      peer: link.peer,
      dialled_by: link.dialler === "us" ? hub.self.hubId : link.peer,
      protocol_version: link.greeting?.version ?? null,
      opened_at: new Date(link.openedAt).toISOString(),
      last_heard_at: new Date(link.lastHeardAt).toISOString(),
      bytes_sent: link.bytesSent,
      bytes_received: link.bytesReceived,
    })),
    limits: limitsOf(hub),
    cost: costOf(hub, now),
  };
}

export function metricsOf(hub: Hub, now: Millis): MetricsSnapshot {
  const hubs = [...hub.registry.catalog.hubs()].filter(({ state }) => state !== "left");
  const clusters = new Map<string, number>();
  for (const { record } of hub.registry.catalog.clusters()) {
    clusters.set(record.state, (clusters.get(record.state) ?? 0) + 1);
  }
  const gauge = (name: string, value: number, labels: Labels = {}): GaugeSample => ({ name, labels, value });
  return {
    counters: hub.metrics.counters(),
    gauges: [
      gauge("federation_nodes_total", hubs.length),
      gauge("federation_nodes_healthy", hubs.filter(({ state }) => state === "alive").length),
      gauge("federation_links_open", hub.links.standing),
      gauge("federation_services", [...hub.registry.catalog.services()].length),
      gauge("federation_catalog_version", hub.registry.catalog.version),
      gauge("federation_incarnation", hub.incarnation),
      gauge("federation_uptime_seconds", (now - hub.startedAt) / 1_000),
      gauge("federation_cost_estimated_monthly_usd", costOf(hub, now).monthly),
      ...[...clusters].map(([state, count]) => gauge("federation_clusters", count, { state })),
      ...hub.groups.flatMap(({ id, membership }) => {
        const counts = membership.counts();
        return MEMBER_STATES.map((state) => gauge("membership_members", counts[state], { group: id, state }));
      }),
      ...hub.groups.map(({ id, gossip }) => gauge("gossip_queue_depth", gossip.stats().queue_depth, { group: id })),
      ...Object.entries(limitsOf(hub)).flatMap(([limit, { used, max }]) => [
        gauge("federation_limit_used", used, { limit }),
        gauge("federation_limit_max", max, { limit }),
      ]),
    ],
    histograms: hub.metrics.histograms(),
  };
}

// ── Checks ───────────────────────────────────────────────────────────────────────────────────────────────────────────

function checkMembership(hub: Hub): HealthCheck {
  if (hub.departure.state === "left") return LEFT;
  if (hub.clones > 0) return { status: "unhealthy", details: `another run of ${hub.self.hubId} was seen` };
  const notes = hub.groups.map(({ id, membership }) => {
    const { alive, suspect, failed } = membership.counts();
    return `${id}: ${alive} alive, ${suspect} suspect, ${failed} failed`;
  });
  const cutOff = hub.groups.filter((group) => isCutOff(hub, group));
  const details = notes.join("; ");
  if (hub.decisions.exclusion()) {
    return { status: "degraded", details: `region ${hub.self.region} was removed from the federation; ${details}` };
  }
  if (cutOff.length === 0) return { status: "healthy", details };
  const names = cutOff.map(({ id }) => id).join(", ");
  return {
    status: cutOff.length === hub.groups.length && hub.groups.length > 1 ? "unhealthy" : "degraded",
    details: `no link to anyone in ${names}; ${details}`,
  };
}

/** Others are known, and none of them is linked. */
function isCutOff(hub: Hub, { membership, role }: Group): boolean {
  const others = membership.members().filter(({ identity }) => identity.hubId !== hub.self.hubId);
  const expected = role === "up" ? hub.self.parent !== null : others.some(({ state }) => state !== "left");
  return expected && !others.some(({ identity }) => hub.links.connected(identity.hubId));
}

function checkGossip(hub: Hub): HealthCheck {
  if (hub.departure.state === "left") return LEFT;
  let status: CheckStatus = "healthy";
  const notes = hub.groups.map(({ id, gossip }) => {
    const { queue_depth, queue_limit, peers } = gossip.stats();
    if (queue_depth >= queue_limit) status = "unhealthy";
    else if (queue_depth >= NEARLY_FULL * queue_limit && status === "healthy") status = "degraded";
    return `${id}: ${peers.length} peers, ${queue_depth} of ${queue_limit} queued`;
  });
  return { status, details: notes.join("; ") };
}

// ── Parts of the status ──────────────────────────────────────────────────────────────────────────────────────────────

function memberCounts(hub: Hub): Record<MemberState, number> {
  const total = Object.fromEntries(MEMBER_STATES.map((state) => [state, 0])) as Record<MemberState, number>;
  for (const { membership } of hub.groups) {
    const counts = membership.counts();
    for (const state of MEMBER_STATES) total[state] += counts[state];
  }
  return total;
}

function childrenOf(hub: Hub): HubId[] {
  return hub.groups
    .filter(({ role }) => role === "down")
    .flatMap(({ membership }) => membership.members())
    .filter(({ identity, state }) => identity.parent === hub.self.hubId && state !== "failed" && state !== "left")
    .map(({ identity }) => identity.hubId)
    .sort();
}

function limitsOf(hub: Hub): Record<string, Usage> {
  const { limits, network } = hub.config;
  const children = childrenOf(hub).length;
  const queued = hub.groups.reduce((sum, { gossip }) => sum + gossip.stats().queue_depth, 0);
  return {
    max_connections_per_node: { used: hub.links.standing, max: network.maxConnections },
    ...(hub.self.tier === "global" ? { max_regional_hubs: { used: children, max: limits.maxRegionalHubs } } : {}),
    ...(hub.self.tier === "regional" ? { max_child_hubs: { used: children, max: limits.maxChildHubs } } : {}),
    max_gossip_messages: { used: queued, max: limits.maxGossipMessages },
    max_graph_cache_size: { used: hub.router.cached.entries, max: limits.maxGraphCacheSize },
    ...hub.registry.status().limits,
    ...hub.eventual.limits(),
  };
}

function costOf(hub: Hub, now: Millis): CostEstimate {
  return estimateCost(now - hub.startedAt, {
    // The platform bills the setting of an alarm as a row.
    rowsWritten: hub.metrics.value("storage_rows_written_total") + hub.metrics.value("storage_alarms_set_total"),
    frames: hub.metrics.value("federation_frames_received_total"),
    requests: hub.metrics.value("federation_requests_total"),
  });
}
