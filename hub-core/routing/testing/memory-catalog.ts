/** A catalog for tests: records in memory, a version that goes up with every change. */

import type { CatalogView, ClusterView, Coordinator, HubView } from "../../common/catalog-view.ts";
import { ChangeJournal } from "../../common/change-journal.ts";
import type { ClusterId, Coordinates, HubId, Millis, RegionId, Tier } from "../../common/types.ts";
import {
  type ClusterRecord,
  isGone,
  type LatencyRecord,
  type LinksRecord,
  type MemberState,
  type OfferedService,
  type SummaryRecord,
} from "../../wire/catalog.ts";

/** Small, so that tests also see what is too long ago to be told. */
const JOURNAL_ENTRIES = 64;

export class MemoryCatalog implements CatalogView {
  version = 1;
  networkVersion = 1;
  changedAt: Millis = 0;
  /** Since when hubs are in their state. */
  readonly since = new Map<HubId, Millis>();
  /** Who was elected, by the parent in whose place. */
  readonly coordinators = new Map<HubId, Coordinator>();
  readonly #journal = new ChangeJournal<ClusterId>(JOURNAL_ENTRIES, 0);
  readonly #hubs = new Map<HubId, HubView>();
  readonly #clusters = new Map<ClusterId, ClusterView>();
  readonly #byService = new Map<string, Set<ClusterId>>();
  readonly #links = new Map<HubId, LinksRecord>();
  readonly #latencies: { origin: HubId; record: LatencyRecord }[] = [];

  putHub(hub: HubView): this {
    this.#hubs.set(hub.hubId, hub);
    return this.#networkChanged();
  }

  putCluster(cluster: ClusterView): this {
    const held = this.#clusters.get(cluster.record.clusterId);
    this.#unlist(cluster.record.clusterId);
    this.#clusters.set(cluster.record.clusterId, cluster);
    for (const { name } of cluster.record.services) {
      const offering = this.#byService.get(name) ?? new Set();
      this.#byService.set(name, offering.add(cluster.record.clusterId));
    }
    if (!held || endsOf(held) !== endsOf(cluster)) this.networkVersion += 1;
    return this.#clusterChanged(cluster.record.clusterId);
  }

  removeCluster(id: ClusterId): this {
    this.#unlist(id);
    this.networkVersion += 1;
    return this.#clusterChanged(id);
  }

  putLinks(origin: HubId, links: LinksRecord["links"]): this {
    this.#links.set(origin, { kind: "links", links, updatedAt: this.changedAt });
    return this.#networkChanged();
  }

  putLatency(origin: HubId, record: LatencyRecord): this {
    this.#latencies.push({ origin, record });
    return this.#networkChanged();
  }

  changedSince(version: number): readonly ClusterId[] | null {
    return this.#journal.since(version);
  }
  hubs(): Iterable<HubView> {
    return this.#hubs.values();
  }
  coordinatorOf(parent: HubId): Coordinator | null {
    const elected = this.coordinators.get(parent);
    if (elected) return elected;
    const view = this.#hubs.get(parent);
    return view && !isGone(view.state) ? { hubId: parent, group: null, term: 0, since: null } : null;
  }
  hub(id: HubId): HubView | undefined {
    return this.#hubs.get(id);
  }
  hubSince(id: HubId): Millis {
    return this.since.get(id) ?? 0;
  }
  clusters(): Iterable<ClusterView> {
    return this.#clusters.values();
  }
  cluster(id: ClusterId): ClusterView | undefined {
    return this.#clusters.get(id);
  }
  services(): Iterable<string> {
    return [...this.#byService].filter(([, ids]) => ids.size > 0).map(([name]) => name);
  }
  clustersOffering(service: string): Iterable<ClusterView> {
    return [...(this.#byService.get(service) ?? [])].flatMap((id) => this.#clusters.get(id) ?? []);
  }
  links(): Iterable<{ readonly origin: HubId; readonly record: LinksRecord }> {
    return [...this.#links].map(([origin, record]) => ({ origin, record }));
  }
  latencies(): Iterable<{ readonly origin: HubId; readonly record: LatencyRecord }> {
    return this.#latencies;
  }
  summaries(): Iterable<SummaryRecord> {
    return [];
  }
  regions(): Iterable<RegionId> {
    return new Set([...this.#hubs.values()].map(({ region }) => region));
  }

  #unlist(id: ClusterId): void {
    for (const { name } of this.#clusters.get(id)?.record.services ?? []) this.#byService.get(name)?.delete(id);
    this.#clusters.delete(id);
  }

  #clusterChanged(id: ClusterId): this {
    this.version += 1;
    this.#journal.add(this.version, id);
    return this;
  }

  #networkChanged(): this {
    this.version += 1;
    this.networkVersion += 1;
    return this;
  }
}

function endsOf({ owner, record }: ClusterView): string {
  return JSON.stringify([owner, record.coordinates, record.checkRttMs]);
}

export interface HubSpec {
  readonly hubId: HubId;
  readonly at: Coordinates;
  readonly region?: RegionId;
  readonly tier?: Tier;
  readonly parent?: HubId | null;
  readonly state?: MemberState;
}

export function hubView({ hubId, at, region = "r", tier = "local", parent = null, state = "alive" }: HubSpec): HubView {
  const address = `https://${hubId}.example`;
  return { hubId, tier, region, coordinates: at, parent, address, state, incarnation: 1, record: null };
}

export interface ClusterSpec {
  readonly at?: Coordinates;
  readonly owner?: HubId;
  readonly vouched?: boolean;
  readonly service?: Partial<OfferedService>;
  readonly record?: Partial<ClusterRecord>;
}

export function clusterView(clusterId: ClusterId, spec: ClusterSpec = {}): ClusterView {
  const owner = spec.owner ?? "hub";
  const service: OfferedService = {
    name: "api",
    version: "1.2.3",
    tags: [],
    weight: 1,
    capacity: null,
    load: 0,
    healthy: true,
    ...spec.service,
  };
  return {
    owner,
    vouched: spec.vouched ?? true,
    record: {
      kind: "cluster",
      clusterId,
      incarnation: 1,
      homeHub: owner,
      region: "r",
      coordinates: spec.at ?? { latitude: 0, longitude: 0 },
      endpoints: [{ url: `https://${clusterId}.example`, weight: 1 }],
      services: [service],
      healthCheck: null,
      ttlMs: null,
      namespace: "default",
      jurisdiction: null,
      metadata: null,
      state: "passing",
      reason: "",
      stateSince: 0,
      rampUntil: null,
      load: 0,
      inFlight: 0,
      checkRttMs: null,
      maintenance: null,
      draining: false,
      directedAt: 0,
      updatedAt: 0,
      verified: true,
      ...spec.record,
    },
  };
}
