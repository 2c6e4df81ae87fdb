/** The clusters that this hub answers for, at most `maxClusters`: checked, renewed, told of, handed on, removed. */
import type { Metrics } from "../common/metrics.ts";
import { type CheckOutcome, MAX_CHECKS_AT_ONCE, type Outbox } from "../common/outbox.ts";
import type { Random } from "../common/random.ts";
import { type ClusterId, type DurationMs, invariant, type Millis } from "../common/types.ts";
import type { HubConfig } from "../config/hub-config.ts";
import { type ClusterRecord, recordKeys } from "../wire/catalog.ts";
import type { Catalog } from "./catalog.ts";
import { asLastAsked } from "./last-asked.ts";
import { endOfLifetime, startOfLifetime } from "./lifetime.ts";
import type { OwnLog } from "./own-log.ts";
import { type Announcement, type HeartbeatReport, isLoaded, OwnedCluster } from "./owned-cluster.ts";
import { hasSameEnds, type Trip } from "./round-trip.ts";

export interface OwnedClustersOptions {
  readonly config: HubConfig;
  readonly log: OwnLog;
  readonly catalog: Catalog;
  readonly random: Random;
  readonly metrics: Metrics;
  /** The number of clusters has changed. */
  counted(now: Millis): void;
}

/** After a start, first checks are spread over this much; what was taken over is checked at once. */
export const FIRST_CHECKS_MS = 2_000;
/** Later than it asked to be woken by this, a hub is paused or starved, and its checks say as much of itself as of others. */
const LATE_WAKE_MS: DurationMs = 250;

export class OwnedClusters {
  readonly #o: OwnedClustersOptions;
  readonly #clusters = new Map<ClusterId, OwnedCluster>();
  /** Round trips of clusters that went to other hubs: when they come back, what those measured from elsewhere is no use. */
  readonly #measured = new Map<ClusterId, Trip>();
  #lateAt: Millis = Number.NEGATIVE_INFINITY;
  #checkToken = 0;
  #changes = 0;
  /** Cached `nextDeadline`; null when something has changed since. */
  #wakeAt: Millis | null = null;

  constructor(options: OwnedClustersOptions) {
    this.#o = options;
  }

  get size(): number {
    return this.#clusters.size;
  }

  /** Goes up when a cluster comes or goes. */
  get changes(): number {
    return this.#changes;
  }

  get capacity(): number {
    return this.#o.config.limits.maxClusters;
  }

  get hasRoom(): boolean {
    return this.size < this.capacity;
  }

  has(id: ClusterId): boolean {
    return this.#clusters.has(id);
  }

  record(id: ClusterId): ClusterRecord | undefined {
    return this.#clusters.get(id)?.record;
  }

  *records(): IterableIterator<ClusterRecord> {
    for (const { record } of this.#clusters.values()) yield record;
  }

  /**
   * From the stored log, at the start: told again only if its loads were not stored as last told. A hub whose limit was
   * lowered keeps what it has and takes nothing new.
   */
  restore(record: ClusterRecord, now: Millis, out: Outbox): void {
    const cluster = this.#hold(record, now, FIRST_CHECKS_MS);
    if (isLoaded(record)) this.#tell(cluster.current(now), now, out);
  }

  /** As its agent said it; new, or again. */
  register(record: ClusterRecord, now: Millis, out: Outbox): void {
    const known = this.#clusters.get(record.clusterId);
    if (known) known.replace(record, now);
    invariant(known !== undefined || this.hasRoom, "a hub takes no more clusters than it may");
    const cluster = known ?? this.#hold(this.#seenFromHere(record), now, 0);
    const settled = cluster.settle(now, this.#lateAt);
    this.#tell(settled?.priority === "urgent" ? settled : { ...cluster.current(now), priority: "urgent" }, now, out);
    this.#work(now, out);
  }

  /** From another hub, which has died or gives it up: a higher incarnation than anyone has seen makes it ours. */
  take(offered: ClusterRecord, now: Millis, out: Outbox): void {
    invariant(!this.has(offered.clusterId) && this.hasRoom, "a cluster is taken once, and only with room");
    const record = asLastAsked(offered, this.#o.catalog, this.#o.config.hub);
    const incarnation = Math.max(record.incarnation, this.#o.catalog.claims.highestIncarnation(record.clusterId)) + 1;
    // Nobody living vouches for it, and it can be asked: what was last said of it is only a rumor until then.
    const orphan = this.#o.catalog.cluster(record.clusterId)?.vouched !== true;
    const askable = record.healthCheck !== null || record.ttlMs !== null;
    const verified = !(orphan && askable);
    const cluster = this.#hold(this.#seenFromHere({ ...record, incarnation, verified }), now, 0);
    this.#tell({ ...cluster.current(now), priority: "urgent" }, now, out);
    this.#work(now, out);
  }

  heartbeat(id: ClusterId, report: HeartbeatReport, now: Millis, out: Outbox): void {
    this.#change(id, now, out, (cluster) => cluster.heartbeat(report, now));
  }

  setDraining(id: ClusterId, draining: boolean, now: Millis, out: Outbox): void {
    this.#change(id, now, out, (cluster) => cluster.setDraining(draining, this.#directionAt(id, now)));
  }

  setMaintenance(id: ClusterId, window: ClusterRecord["maintenance"], now: Millis, out: Outbox): void {
    this.#change(id, now, out, (cluster) => cluster.setMaintenance(window, this.#directionAt(id, now)));
  }

  /** Gone for good: neither a hand-over under way nor an adoption on the other side of a partition outlives it. */
  remove(id: ClusterId, now: Millis, out: Outbox): void {
    this.#drop(id, now);
    const incarnation = endOfLifetime(this.#o.catalog.claims.highestIncarnation(id));
    const expiresAt = now + this.#o.config.registry.tombstoneTtlMs;
    const body = { kind: "tombstone", clusterId: id, incarnation, deletedAt: now } as const;
    this.#o.log.publish({ key: recordKeys.cluster(id), body, priority: "urgent", expiresAt, durable: true }, now, out);
  }

  /** Another hub's claim has won without knowing what was asked here: a still higher incarnation carries it over. */
  reclaim(id: ClusterId, now: Millis, out: Outbox): void {
    const cluster = this.#clusters.get(id);
    invariant(cluster !== undefined, "only an owned cluster is claimed again");
    this.#tell(cluster.reclaim(this.#o.catalog.claims.highestIncarnation(id) + 1, now), now, out);
  }

  /** Another hub's claim has won: this hub's record is taken back. */
  release(id: ClusterId, now: Millis, out: Outbox): void {
    this.#drop(id, now);
    const expiresAt = now + this.#o.config.registry.tombstoneTtlMs;
    const incarnation = startOfLifetime(this.#o.catalog.claims.highestIncarnation(id));
    const body = { kind: "withdrawn", incarnation } as const;
    this.#o.log.publish({ key: recordKeys.cluster(id), body, priority: "normal", expiresAt, durable: true }, now, out);
  }

  checked(id: ClusterId, token: number, outcome: CheckOutcome, now: Millis, out: Outbox): void {
    const cluster = this.#clusters.get(id);
    if (!cluster?.checked(token, outcome, now, this.#lateAt)) return;
    this.#o.metrics.count("registry_checks_total", 1, { outcome: outcome.kind });
    this.#settle(cluster, now, out);
    this.#work(now, out);
  }

  nextDeadline(): Millis {
    if (this.#wakeAt !== null) return this.#wakeAt;
    let next = Number.POSITIVE_INFINITY;
    const slots = this.#freeSlots();
    for (const cluster of this.#clusters.values()) {
      // With every slot taken, the answer that frees one starts the next check.
      next = Math.min(next, cluster.wakeAt(), slots > 0 ? cluster.checkDueAt : Number.POSITIVE_INFINITY);
    }
    this.#wakeAt = next;
    return next;
  }

  tick(now: Millis, out: Outbox): void {
    if (this.nextDeadline() > now) return;
    if (now - this.nextDeadline() > LATE_WAKE_MS) this.#lateAt = now;
    for (const [id, cluster] of [...this.#clusters]) {
      if (cluster.wakeAt() > now) continue;
      if (cluster.isAbandoned(now)) {
        this.remove(id, now, out);
        this.#o.metrics.count("registry_clusters_deregistered_total");
        out.log("info", "cluster_deregistered", { cluster_id: id });
      } else this.#settle(cluster, now, out);
    }
    this.#work(now, out);
  }

  #hold(record: ClusterRecord, now: Millis, checkWithinMs: number): OwnedCluster {
    const { config, random } = this.#o;
    const cluster = new OwnedCluster(record, config.registry, random, now, checkWithinMs);
    this.#clusters.set(record.clusterId, cluster);
    this.#counted(now);
    return cluster;
  }

  /** The way from another hub is another way. */
  #seenFromHere(record: ClusterRecord): ClusterRecord {
    const measured = this.#measured.get(record.clusterId);
    return { ...record, checkRttMs: measured && hasSameEnds(measured, record) ? measured.checkRttMs : null };
  }

  #drop(id: ClusterId, now: Millis): void {
    const cluster = this.#clusters.get(id);
    if (!cluster) return;
    const { checkRttMs, healthCheck, coordinates } = cluster.record;
    this.#measured.delete(id);
    if (checkRttMs !== null) this.#measured.set(id, { checkRttMs, healthCheck, coordinates });
    for (const oldest of this.#measured.keys()) {
      if (this.#measured.size <= this.capacity) break;
      this.#measured.delete(oldest);
    }
    this.#clusters.delete(id);
    this.#counted(now);
  }

  #counted(now: Millis): void {
    this.#wakeAt = null;
    this.#changes += 1;
    this.#o.counted(now);
  }

  #directionAt(id: ClusterId, now: Millis): Millis {
    return Math.max(now, this.#o.catalog.claims.latestDirection(id) + 1);
  }

  #change(id: ClusterId, now: Millis, out: Outbox, change: (cluster: OwnedCluster) => void): void {
    const cluster = this.#clusters.get(id);
    invariant(cluster !== undefined, "only an owned cluster is changed");
    change(cluster);
    this.#settle(cluster, now, out);
  }

  #settle(cluster: OwnedCluster, now: Millis, out: Outbox): void {
    this.#wakeAt = null;
    const before = cluster.record.state;
    const news = cluster.settle(now, this.#lateAt);
    if (!news) return;
    this.#tell(news, now, out);
    if (news.record.state === before) return;
    const { clusterId, state, reason } = news.record;
    out.log("info", "cluster_state_changed", { cluster_id: clusterId, from: before, to: state, reason });
    this.#o.metrics.count("registry_cluster_transitions_total", 1, { to: state });
  }

  #tell({ record, priority, durable }: Announcement, now: Millis, out: Outbox): void {
    const key = recordKeys.cluster(record.clusterId);
    this.#o.log.publish({ key, body: record, priority, expiresAt: null, durable }, now, out);
  }

  /** Starts the checks that are due, the longest due first, while there are slots. */
  #work(now: Millis, out: Outbox): void {
    this.#wakeAt = null;
    const slots = this.#freeSlots();
    if (slots === 0) return;
    const due = [...this.#clusters].filter(([, cluster]) => cluster.checkDueAt <= now);
    due.sort(([idA, a], [idB, b]) => a.checkDueAt - b.checkDueAt || (idA < idB ? -1 : 1));
    for (const [clusterId, cluster] of due.slice(0, slots)) {
      const url = cluster.checkUrl;
      invariant(url !== null, "only a cluster with a check is due for one");
      this.#checkToken += 1;
      cluster.checkStarted(this.#checkToken, now);
      out.check({ clusterId, token: this.#checkToken, url, timeoutMs: cluster.checkTimeoutMs });
    }
  }

  #freeSlots(): number {
    let slots = MAX_CHECKS_AT_ONCE;
    for (const cluster of this.#clusters.values()) if (cluster.checkInFlight) slots -= 1;
    return Math.max(0, slots);
  }
}
