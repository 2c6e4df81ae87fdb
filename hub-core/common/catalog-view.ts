/** The merged catalog, read-only: what routing and the API see of it. Implemented by `registry/`. */
import type {
  ClusterRecord,
  HubRecord,
  LatencyRecord,
  LinksRecord,
  MemberState,
  SummaryRecord,
} from "../wire/catalog.ts";
import type { ClusterId, GroupId, HubId, HubIdentity, Millis, RegionId } from "./types.ts";

export interface HubView extends HubIdentity {
  /** From this hub's own groups when it is in them, else as the hub's coordinator says. */
  readonly state: MemberState;
  readonly incarnation: number;
  /** Null until the hub's own record has arrived. */
  readonly record: HubRecord | null;
}

/** Who acts for a group: its configured parent, or the child that stands in for it. */
export interface Coordinator {
  readonly hubId: HubId;
  readonly group: GroupId | null;
  /** Of its election; 0: by configuration alone. */
  readonly term: number;
  /** Null when it never was elected. */
  readonly since: Millis | null;
}

export interface ClusterView {
  /** The origin of the winning record. */
  readonly owner: HubId;
  readonly record: ClusterRecord;
  /**
   * False while the owner is failed or left, and after an adoption until the new owner has checked or heard the cluster:
   * its state is the last one known.
   */
  readonly vouched: boolean;
}

export interface CatalogView {
  /**
   * Goes up with every change that could alter an answer. Equal only for equal views of this run of this hub:
   * use it as a cache key and show it as `catalog_version`.
   */
  readonly version: number;
  /**
   * Goes up with every change that could alter the graph of hubs or a predicted round trip: hubs that come, go, fail or move,
   * links, reported round trips, and where clusters stand, who owns them and how far off the owner measures them. Loads do not count.
   */
  readonly networkVersion: number;
  /** When the newest applied change was made, by its origin's clock. */
  readonly changedAt: Millis;

  /** Clusters that changed, came or went after `version`, each once; null when that is too long ago to tell. */
  changedSince(version: number): readonly ClusterId[] | null;

  hubs(): Iterable<HubView>;
  hub(id: HubId): HubView | undefined;
  /** Since when the hub is in its state: as this hub saw it, or earlier when somebody says so. 0 for one that is unknown. */
  hubSince(id: HubId): Millis;
  /** Of the children of `parent`; null when nobody acts for them. */
  coordinatorOf(parent: HubId): Coordinator | null;
  clusters(): Iterable<ClusterView>;
  cluster(id: ClusterId): ClusterView | undefined;
  services(): Iterable<string>;
  clustersOffering(service: string): Iterable<ClusterView>;
  /** Measured edges by the hub that measured them. */
  links(): Iterable<{ readonly origin: HubId; readonly record: LinksRecord }>;
  latencies(): Iterable<{ readonly origin: HubId; readonly record: LatencyRecord }>;
  summaries(): Iterable<SummaryRecord>;
  regions(): Iterable<RegionId>;
}
