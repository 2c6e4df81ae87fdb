/** The merged view: what the records of all hubs say when read together. */
import type { CatalogView, ClusterView, Coordinator, HubView } from "../common/catalog-view.ts";
import { ChangeJournal } from "../common/change-journal.ts";
import {
  type ClusterId,
  type Coordinates,
  type HubId,
  type HubIdentity,
  type Millis,
  type RegionId,
  unreachable,
} from "../common/types.ts";
import {
  isGone,
  type LatencyRecord,
  type LinksRecord,
  type RecordBody,
  recordKeys,
  type SummaryRecord,
  type Withdrawal,
} from "../wire/catalog.ts";
import { type Claim, ClusterIndex } from "./cluster-index.ts";
import { HubDirectory } from "./hub-directory.ts";
import { ServiceIndex } from "./service-index.ts";

/** Versions of one run: far more than a run can use, and few enough for 2²¹ runs. */
const VERSIONS_PER_RUN = 2 ** 32;
/** Changes of clusters that can be told one by one: those of some seconds at the busiest. Whoever asks later reads everything anew. */
const JOURNAL_ENTRIES = 4_096;
const CLUSTER_PREFIX = recordKeys.cluster("");
const HUB_STATE_PREFIX = recordKeys.hubState("");
const LATENCY_PREFIX = recordKeys.latency("", "").slice(0, -1);

export class Catalog implements CatalogView {
  readonly claims = new ClusterIndex();
  readonly directory: HubDirectory;
  readonly #self: HubId;
  readonly #services = new ServiceIndex();
  readonly #views = new Map<ClusterId, ClusterView>();
  readonly #links = new Map<HubId, LinksRecord>();
  readonly #latencies = new Map<string, { readonly origin: HubId; readonly record: LatencyRecord }>();
  readonly #summaries = new Map<HubId, SummaryRecord>();
  /** Clusters of this hub's log that another hub's claim beats: to be withdrawn. */
  readonly #lost = new Set<ClusterId>();
  readonly #journal: ChangeJournal<ClusterId>;
  /** Hubs as they were when they last counted as a change of the network. */
  readonly #nodes = new Map<HubId, HubView>();
  #version: number;
  #networkVersion = 0;
  #changedAt: Millis = 0;
  #hubsVersion = 0;
  #presenceVersion = 0;
  #orphanNews = 0;
  #sortedIds: readonly ClusterId[] | null = null;

  /** The version goes on from run to run, because the incarnation does. */
  constructor(self: HubIdentity, incarnation: number) {
    this.#self = self.hubId;
    this.#version = incarnation * VERSIONS_PER_RUN;
    this.#journal = new ChangeJournal(JOURNAL_ENTRIES, this.#version);
    this.directory = new HubDirectory(self, incarnation, (hubId) => {
      this.#version += 1;
      this.#hubsVersion += 1;
      this.#reviewNode(hubId);
      this.#revouch(hubId);
    });
  }

  get version(): number {
    return this.#version;
  }

  get networkVersion(): number {
    return this.#networkVersion;
  }

  changedSince(version: number): readonly ClusterId[] | null {
    return this.#journal.since(version);
  }

  get changedAt(): Millis {
    return this.#changedAt;
  }

  /** Goes up with every change to a hub's view: what depends on hubs alone is looked at again only then. */
  get hubsVersion(): number {
    return this.#hubsVersion;
  }

  /** Goes up when a hub comes, goes, fails or moves: hubs say how full they are far more often. */
  get presenceVersion(): number {
    return this.#presenceVersion;
  }

  /** Goes up when a cluster may have lost its owner. */
  get orphanNews(): number {
    return this.#orphanNews;
  }

  get clusterCount(): number {
    return this.#views.size;
  }

  get serviceCount(): number {
    return this.#services.size;
  }

  hubs(): Iterable<HubView> {
    return this.directory.views();
  }

  hub(id: HubId): HubView | undefined {
    return this.directory.view(id);
  }

  hubSince(id: HubId): Millis {
    return this.directory.stateSince(id);
  }

  coordinatorOf(parent: HubId): Coordinator | null {
    return this.directory.coordinatorOf(parent);
  }

  clusters(): Iterable<ClusterView> {
    return this.#views.values();
  }

  cluster(id: ClusterId): ClusterView | undefined {
    return this.#views.get(id);
  }

  services(): Iterable<string> {
    return this.#services.names();
  }

  *clustersOffering(service: string): Iterable<ClusterView> {
    for (const id of this.#services.offering(service)) {
      const view = this.#views.get(id);
      if (view) yield view;
    }
  }

  *links(): Iterable<{ readonly origin: HubId; readonly record: LinksRecord }> {
    for (const [origin, record] of this.#links) yield { origin, record };
  }

  latencies(): Iterable<{ readonly origin: HubId; readonly record: LatencyRecord }> {
    return this.#latencies.values();
  }

  summaries(): Iterable<SummaryRecord> {
    return this.#summaries.values();
  }

  regions(): Iterable<RegionId> {
    return new Set([...this.directory.views()].map(({ region }) => region));
  }

  sortedClusterIds(): readonly ClusterId[] {
    this.#sortedIds ??= [...this.#views.keys()].sort();
    return this.#sortedIds;
  }

  /** The own clusters overtaken since the last call. */
  takeLost(): ClusterId[] {
    const lost = [...this.#lost];
    this.#lost.clear();
    return lost;
  }

  get hasLost(): boolean {
    return this.#lost.size > 0;
  }

  /** The body under a key of an origin's log has become this; null when the key is gone. */
  changed(origin: HubId, key: string, body: RecordBody | null, now: Millis): void {
    if (body === null || body.kind === "withdrawn") return this.#removed(origin, key, body, now);
    switch (body.kind) {
      case "hub":
        this.directory.setRecord(origin, body, now);
        return this.#touched(body.startedAt, now);
      case "cluster":
        this.#claim(origin, body.clusterId, body, now);
        return this.#touched(body.updatedAt, now);
      case "tombstone":
        this.#claim(origin, body.clusterId, body, now);
        return this.#touched(body.deletedAt, now);
      case "hub-state":
        this.directory.setWord(origin, body.hubId, body, now);
        return this.#touched(body.since, now);
      case "links":
        this.#links.set(origin, body);
        this.#networkVersion += 1;
        return this.#touched(body.updatedAt, now);
      case "latency":
        this.#latencies.set(`${origin}|${key}`, { origin, record: body });
        this.#networkVersion += 1;
        return this.#touched(body.observedAt, now);
      case "summary":
        this.#summaries.set(origin, body);
        return this.#touched(body.updatedAt, now);
      case "test":
      case "state":
      case "state-graves":
        return;
      default:
        return unreachable(body);
    }
  }

  #removed(origin: HubId, key: string, withdrawal: Withdrawal | null, now: Millis): void {
    if (key.startsWith(CLUSTER_PREFIX))
      this.#claim(origin, key.slice(CLUSTER_PREFIX.length), withdrawal?.incarnation ? withdrawal : null, now);
    else if (key.startsWith(HUB_STATE_PREFIX))
      this.directory.setWord(origin, key.slice(HUB_STATE_PREFIX.length), null, now);
    else if (key.startsWith(LATENCY_PREFIX)) this.#networkVersion += this.#latencies.delete(`${origin}|${key}`) ? 1 : 0;
    else if (key === recordKeys.hub) this.directory.setRecord(origin, null, now);
    else if (key === recordKeys.links) this.#networkVersion += this.#links.delete(origin) ? 1 : 0;
    else if (key === recordKeys.summary) this.#summaries.delete(origin);
    else return;
    this.#version += 1;
  }

  #claim(origin: HubId, clusterId: ClusterId, body: Claim["body"] | null, now: Millis): void {
    const { before, after } = this.claims.set(origin, clusterId, body);
    if (this.claims.loses(this.#self, clusterId)) this.#lost.add(clusterId);
    else this.#lost.delete(clusterId);
    if (before === after) return;
    const held = this.#views.get(clusterId);
    const record = after?.body.kind === "cluster" ? after.body : undefined;
    this.#services.replace(clusterId, before?.body.kind === "cluster" ? before.body : undefined, record);
    if (this.#views.has(clusterId) !== (record !== undefined)) this.#sortedIds = null;
    if (after && record) {
      const gone = this.directory.isGone(after.origin);
      if (gone) this.#orphanNews += 1;
      const vouched = !gone && record.verified;
      this.#views.set(clusterId, { owner: after.origin, record, vouched });
    } else this.#views.delete(clusterId);
    if (!sameEnds(held, this.#views.get(clusterId))) this.#networkVersion += 1;
    this.#touched(0, now);
    this.#journal.add(this.#version, clusterId);
  }

  #revouch(owner: HubId): void {
    const gone = this.directory.isGone(owner);
    if (gone) this.#orphanNews += 1;
    for (const clusterId of this.claims.ownedBy(owner)) {
      const view = this.#views.get(clusterId);
      const vouched = !gone && view?.record.verified === true;
      if (!view || view.vouched === vouched) continue;
      this.#views.set(clusterId, { ...view, vouched });
      this.#journal.add(this.#version, clusterId);
    }
  }

  #reviewNode(hubId: HubId): void {
    const view = this.directory.view(hubId);
    if (sameNode(this.#nodes.get(hubId), view)) return;
    this.#networkVersion += 1;
    this.#presenceVersion += 1;
    if (view) this.#nodes.set(hubId, view);
    else this.#nodes.delete(hubId);
  }

  /** `at` is by the origin's clock; one that runs ahead is not believed beyond our own. */
  #touched(at: Millis, now: Millis): void {
    this.#version += 1;
    this.#changedAt = Math.max(this.#changedAt, Math.min(at, now));
  }
}

/** A hub's load and version are no news to who looks for ways. */
function sameNode(a: HubView | undefined, b: HubView | undefined): boolean {
  if (!a || !b) return a === b;
  if (a.record?.replica !== b.record?.replica) return false;
  return isGone(a.state) === isGone(b.state) && a.parent === b.parent && samePlace(a.coordinates, b.coordinates);
}

/** Of the way from the owner to its cluster. */
function sameEnds(a: ClusterView | undefined, b: ClusterView | undefined): boolean {
  if (!a || !b) return a === b;
  return (
    a.owner === b.owner &&
    a.record.checkRttMs === b.record.checkRttMs &&
    samePlace(a.record.coordinates, b.record.coordinates)
  );
}

function samePlace(a: Coordinates, b: Coordinates): boolean {
  return a.latitude === b.latitude && a.longitude === b.longitude;
}
