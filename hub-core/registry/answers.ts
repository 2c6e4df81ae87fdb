/** Answers as they go out over HTTP: snake_case, times as ISO 8601. */
import type { CatalogView, ClusterView, HubView } from "../common/catalog-view.ts";
import { isoTime } from "../common/iso-time.ts";
import { downGroupOf, type GroupId, type HubId, type Json, type Millis, type RegionId } from "../common/types.ts";
import type { ClusterState, MemberState, SummaryRecord } from "../wire/catalog.ts";
import { carries } from "./owned-cluster.ts";
import type { RecordForm } from "./scoped-store.ts";
import { isServing, serviceTotals } from "./summary.ts";

interface CoordinatesAnswer {
  readonly latitude: number;
  readonly longitude: number;
}

export interface HubAnswer {
  readonly hub_id: HubId;
  readonly tier: string;
  readonly region: string;
  readonly coordinates: CoordinatesAnswer;
  readonly state: MemberState;
  readonly incarnation: number;
  readonly parent: HubId | null;
  readonly children: readonly HubId[];
  /** Null until the hub's own record has arrived, like the three that follow. */
  readonly clusters: number | null;
  readonly capacity: number | null;
  readonly load: number | null;
  readonly draining: boolean | null;
  readonly version: string | null;
}

export interface ClusterAnswer {
  readonly cluster_id: string;
  readonly hub_id: HubId;
  readonly home_hub_id: HubId;
  readonly incarnation: number;
  readonly region: string;
  readonly coordinates: CoordinatesAnswer;
  readonly endpoints: readonly { readonly url: string; readonly weight: number }[];
  readonly services: readonly {
    readonly name: string;
    readonly version: string | null;
    readonly tags: readonly string[];
    readonly weight: number;
    readonly capacity: number | null;
    readonly load: number;
    readonly healthy: boolean;
  }[];
  readonly health_check: { readonly url: string; readonly interval_ms: number; readonly timeout_ms: number } | null;
  readonly ttl_ms: number | null;
  readonly namespace: string;
  readonly jurisdiction: string | null;
  /** Absent where only the routing form is held, which has no more of it than what ranks. */
  readonly metadata?: Json;
  readonly state: ClusterState;
  readonly reason: string;
  readonly state_since_at: string;
  readonly ramp_until_at: string | null;
  readonly load: number;
  readonly in_flight: number;
  readonly check_rtt_ms: number | null;
  readonly maintenance: { readonly starts_at: string; readonly ends_at: string } | null;
  /** False while its hub is gone and no other has taken it over: the state is the last one known. */
  readonly vouched: boolean;
  readonly updated_at: string;
  readonly age_ms: number;
}

export interface ServiceAnswer {
  readonly name: string;
  readonly clusters: number;
  readonly healthy: number;
  readonly regions: readonly string[];
  /** Of the healthy clusters, in requests in flight; null when one of them states no limit. */
  readonly capacity: number | null;
  readonly load: number;
}

/** Who acts for a group, as the catalog says. */
export interface GroupAnswer {
  readonly group: GroupId;
  readonly parent: HubId;
  /** Null while nobody does. */
  readonly coordinator: HubId | null;
  /** It stands in for the parent. */
  readonly acting: boolean;
  /** Of its election, as is `since_at`; null: by configuration alone. */
  readonly term: number | null;
  readonly since_at: string | null;
}

/** What a region's regional hub last told of it. */
export interface RegionAnswer {
  readonly region: RegionId;
  readonly hubs: number;
  readonly clusters: number;
  readonly healthy: number;
  /** Those with the most clusters, when there are more than a summary holds. */
  readonly services: readonly Omit<ServiceAnswer, "regions">[];
  readonly updated_at: string;
}

function hubAnswer(hub: HubView, children: readonly HubId[]): HubAnswer {
  const { hubId, tier, region, coordinates, state, incarnation, parent, record } = hub;
  return {
    hub_id: hubId,
    tier,
    region,
    coordinates: { latitude: coordinates.latitude, longitude: coordinates.longitude },
    state,
    incarnation,
    parent,
    children,
    clusters: record?.clusters ?? null,
    capacity: record?.capacity ?? null,
    load: record?.load ?? null,
    draining: record?.draining ?? null,
    version: record?.softwareVersion ?? null,
  };
}

/** `form`: what this hub holds of the record. */
export function clusterAnswer({ owner, record, vouched }: ClusterView, now: Millis, form: RecordForm): ClusterAnswer {
  const { healthCheck, maintenance, coordinates } = record;
  return {
    cluster_id: record.clusterId,
    hub_id: owner,
    home_hub_id: record.homeHub,
    incarnation: record.incarnation,
    region: record.region,
    coordinates: { latitude: coordinates.latitude, longitude: coordinates.longitude },
    endpoints: record.endpoints.map(({ url, weight }) => ({ url, weight })),
    services: record.services.map(({ name, version, tags, weight, capacity, load, healthy }) => {
      return { name, version, tags, weight, capacity, load, healthy };
    }),
    health_check: healthCheck && {
      url: healthCheck.url,
      interval_ms: healthCheck.intervalMs,
      timeout_ms: healthCheck.timeoutMs,
    },
    ttl_ms: record.ttlMs,
    namespace: record.namespace,
    jurisdiction: record.jurisdiction,
    ...(form === "whole" ? { metadata: record.metadata } : {}),
    state: record.state,
    reason: record.reason,
    state_since_at: isoTime(record.stateSince),
    ramp_until_at: record.rampUntil === null ? null : isoTime(record.rampUntil),
    load: record.load,
    in_flight: record.inFlight,
    check_rtt_ms: record.checkRttMs,
    maintenance: maintenance && { starts_at: isoTime(maintenance.startsAt), ends_at: isoTime(maintenance.endsAt) },
    vouched,
    updated_at: isoTime(record.updatedAt),
    age_ms: Math.max(0, now - record.updatedAt),
  };
}

export function serviceAnswer(catalog: CatalogView, name: string): ServiceAnswer {
  const offers = offersOf(catalog, name);
  const { clusters, healthy, capacity, load } = serviceTotals(offers);
  const regions = [...new Set(offers.map(({ cluster }) => cluster.record.region))].sort();
  return { name, clusters, healthy, regions, capacity, load };
}

/** The service, region by region and cluster by cluster. */
export function serviceDetail(catalog: CatalogView, name: string) {
  const offers = offersOf(catalog, name);
  const summary = serviceAnswer(catalog, name);
  return {
    ...summary,
    by_region: summary.regions.map((region) => {
      const { clusters, healthy, capacity, load } = serviceTotals(
        offers.filter(({ cluster }) => cluster.record.region === region),
      );
      return { region, clusters, healthy, capacity, load };
    }),
    offered_by: offers.map(({ cluster, service }) => ({
      cluster_id: cluster.record.clusterId,
      hub_id: cluster.owner,
      region: cluster.record.region,
      namespace: cluster.record.namespace,
      state: cluster.record.state,
      healthy: isServing(cluster, service),
      version: service.version,
      tags: service.tags,
      weight: service.weight,
      capacity: service.capacity,
      load: service.load,
    })),
    catalog_version: catalog.version,
  };
}

export function registryStatus(
  catalog: CatalogView & { readonly clusterCount: number; readonly serviceCount: number },
  childrenOf: (hub: HubId) => readonly HubId[],
) {
  const hubs = [...catalog.hubs()].sort((a, b) => (a.hubId < b.hubId ? -1 : 1));
  let healthy = 0;
  let draining = 0;
  for (const { record, vouched } of catalog.clusters()) {
    if (vouched && carries(record.state)) healthy += 1;
    if (record.state === "draining") draining += 1;
  }
  return {
    hubs: hubs.map((hub) => hubAnswer(hub, childrenOf(hub.hubId))),
    clusters: { total: catalog.clusterCount, healthy, draining },
    services: catalog.serviceCount,
    summaries: regionAnswers(catalog.summaries()),
    groups: hubs.flatMap((hub) => groupAnswer(hub, catalog) ?? []),
    catalog_version: catalog.version,
  };
}

/** Undefined for a hub that has no children. */
function groupAnswer(hub: HubView, catalog: CatalogView): GroupAnswer | undefined {
  const group = downGroupOf(hub);
  if (group === null) return undefined;
  const { hubId: coordinator = null, term = 0, since = null } = catalog.coordinatorOf(hub.hubId) ?? {};
  return {
    group,
    parent: hub.hubId,
    coordinator,
    acting: coordinator !== null && coordinator !== hub.hubId,
    term: term === 0 ? null : term,
    since_at: since === null ? null : isoTime(since),
  };
}

/** A region's former regional hub may have left one as well: the newest counts. */
function regionAnswers(summaries: Iterable<SummaryRecord>): RegionAnswer[] {
  const newest = new Map<RegionId, SummaryRecord>();
  for (const summary of summaries) {
    const other = newest.get(summary.region);
    if (!other || summary.updatedAt > other.updatedAt) newest.set(summary.region, summary);
  }
  const sorted = [...newest.values()].sort((a, b) => (a.region < b.region ? -1 : 1));
  return sorted.map(({ region, hubs, clusters, healthy, services, updatedAt }) => ({
    region,
    hubs,
    clusters,
    healthy,
    services: services.map(({ name, clusters, healthy, capacity, load }) => {
      // A summary has no other word for "no limit": healthy clusters that state one can carry something.
      return { name, clusters, healthy, capacity: healthy > 0 && capacity === 0 ? null : capacity, load };
    }),
    updated_at: isoTime(updatedAt),
  }));
}

function offersOf(catalog: CatalogView, name: string) {
  const offers = [...catalog.clustersOffering(name)].flatMap((cluster) =>
    cluster.record.services.filter((service) => service.name === name).map((service) => ({ cluster, service })),
  );
  return offers.sort((a, b) => (a.cluster.record.clusterId < b.cluster.record.clusterId ? -1 : 1));
}
