/** The catalog's machine: the replicated store, the merged view, and this hub's part in both. README.md is the map. */
import type { CatalogView } from "../common/catalog-view.ts";
import type { Metrics } from "../common/metrics.ts";
import type { CheckOutcome, Notice, Outbox, StoredOutcome } from "../common/outbox.ts";
import { answered, type Reply, refused } from "../common/problem.ts";
import type { Random } from "../common/random.ts";
import {
  belongsTo,
  type ClusterId,
  type GroupId,
  type HubId,
  type HubIdentity,
  type Millis,
  type RegionId,
  unreachable,
} from "../common/types.ts";
import type { HubConfig } from "../config/hub-config.ts";
import {
  isStateKey,
  type Leadership,
  type Priority,
  type RecordBody,
  type Rumor,
  type RumorStore,
  recordKeys,
} from "../wire/catalog.ts";
import { Adoption } from "./adoption.ts";
import { clusterAnswer, registryStatus } from "./answers.ts";
import { type Assign, type Assigned, Assignments } from "./assignments.ts";
import { Catalog } from "./catalog.ts";
import { ClusterWrites } from "./cluster-writes.ts";
import { Evacuation } from "./evacuation.ts";
import { storeFor } from "./group-store.ts";
import { HandBack } from "./hand-back.ts";
import { HandedOver } from "./handed-over.ts";
import type { KeyedWrite } from "./idempotency.ts";
import { maxRecordsPerOrigin, maxTombstones, maxWithdrawals } from "./limits.ts";
import { getService, listClusters, listServices } from "./listing.ts";
import { LogRecovery } from "./log-recovery.ts";
import { isDurable, type LatencyShortage, OwnLog, readStoredLog } from "./own-log.ts";
import { OwnedClusters } from "./owned-clusters.ts";
import { Reception } from "./reception.ts";
import { RecordStore } from "./record-store.ts";
import type { RegistryRequest } from "./registry-requests.ts";
import { formAt } from "./scoped-store.ts";
import { SelfRecords } from "./self-records.ts";
import { Spokesman } from "./spokesman.ts";
import { Sponsor } from "./sponsor.ts";
import type { StateReader } from "./state-reader.ts";
import { Succession } from "./succession.ts";
import { Upkeep } from "./upkeep.ts";
import { usageOf } from "./usage.ts";

export interface RegistryOptions {
  readonly self: HubIdentity;
  readonly incarnation: number;
  readonly replica: number;
  /** Numbers below it may have been used by earlier runs. */
  readonly seqCeiling: number;
  readonly firstStartedAt: Millis;
  /** Own log as stored, by key. */
  readonly storedRecords: ReadonlyMap<string, Uint8Array>;
  readonly storedOutcomes: ReadonlyMap<string, StoredOutcome>;
  readonly config: HubConfig;
  readonly softwareVersion: string;
  readonly random: Random;
  readonly metrics: Metrics;
  /** Who reads the records of eventual state. */
  readonly states: StateReader;
  /** Makes the ceiling durable, with the step that uses a number below it. */
  reserveSeq(upTo: number): void;
}

/** Beyond what a child may need to be met again after its parent's restart. */
const CHILD_GRACE_MS = 10_000;
/** Rounds in which a hub that has lost its log asks its peers for it. */
const DOUBT_ROUNDS = 3;

export class Registry {
  readonly #o: RegistryOptions;
  readonly #catalog: Catalog;
  readonly #store: RecordStore;
  readonly #log: OwnLog;
  readonly #owned: OwnedClusters;
  /** What this hub says of itself. */
  readonly selfRecords: SelfRecords;
  readonly #assignments: Assignments;
  readonly #adoption: Adoption;
  readonly #handBack: HandBack;
  readonly #evacuation: Evacuation;
  readonly #handedOver: HandedOver;
  readonly #spokesman: Spokesman;
  readonly #sponsor: Sponsor;
  readonly #upkeep: Upkeep;
  readonly #reception: Reception;
  readonly #recovery: LogRecovery;
  readonly #stored: readonly Rumor[];
  readonly #unreadable: readonly string[];

  constructor(options: RegistryOptions) {
    this.#o = options;
    const { self, incarnation, config, metrics, random } = options;
    const catalog = new Catalog(self, incarnation);
    this.#catalog = catalog;
    const store = new RecordStore({
      self: self.hubId,
      maxRecordsPerOrigin: maxRecordsPerOrigin(config),
      metrics,
      listener: {
        changed: (origin, key, ...what) => (isStateKey(key) ? options.states : catalog).changed(origin, key, ...what),
        admits: (rumor, now) => options.states.admits(rumor, now),
        echoed: (rumor, now) => this.#recovery.echoed(rumor, now),
        numbered: (upTo) => this.#recovery.numbered(upTo),
        remembered: () => this.#recovery.remembered(),
      },
    });
    this.#store = store;
    const log = new OwnLog({
      self: self.hubId,
      store,
      seqCeiling: options.seqCeiling,
      firstStartedAt: options.firstStartedAt,
      maxTombstones: maxTombstones(config),
      maxWithdrawals: maxWithdrawals(config),
      metrics,
      reserveSeq: (upTo) => options.reserveSeq(upTo),
      hides: ({ body }) => body.kind === "tombstone" && catalog.claims.hidesAnother(body.clusterId),
    });
    this.#log = log;
    const owned = new OwnedClusters({
      config,
      log,
      catalog,
      random,
      metrics,
      counted: (now) => this.selfRecords.counted(now),
    });
    this.#owned = owned;
    this.selfRecords = new SelfRecords({ ...options, catalog, log, owned });
    const succession = new Succession(self, catalog);
    const assignments = new Assignments(self, catalog.directory, metrics);
    this.#assignments = assignments;
    const draining = () => this.selfRecords.draining;
    this.#adoption = new Adoption({ self, config, catalog, owned, assignments, succession, metrics, draining });
    this.#handBack = new HandBack({ self, config, catalog, owned, assignments });
    this.#evacuation = new Evacuation({ self, catalog, owned, assignments, metrics, draining });
    this.#handedOver = new HandedOver({ self, catalog, owned, assignments, metrics, draining });
    const { adoptAfterMs, tombstoneTtlMs } = config.registry;
    this.#spokesman = new Spokesman({ self, catalog, log, succession, childGraceMs: adoptAfterMs + CHILD_GRACE_MS });
    this.#sponsor = new Sponsor({
      self,
      catalog,
      log,
      succession,
      pauseToleranceMs: config.membership.pauseToleranceMs,
      withdrawnTtlMs: tombstoneTtlMs,
    });
    this.#upkeep = new Upkeep({ self: self.hubId, config, store, catalog, log });
    const doubtMs = DOUBT_ROUNDS * config.gossip.antiEntropyIntervalMs;
    this.#recovery = new LogRecovery({ ...options, log, store, owned, withdrawnTtlMs: tombstoneTtlMs, doubtMs });
    const writes = new ClusterWrites({ self, config, catalog, owned, metrics, draining });
    this.#reception = new Reception({ catalog, writes, storedOutcomes: options.storedOutcomes });
    [this.#stored, this.#unreadable] = readStoredLog(options.storedRecords, self.hubId);
  }

  get catalog(): CatalogView {
    return this.#catalog;
  }

  /** The store as the group may see it. */
  storeFor(group: GroupId | null): RumorStore {
    return storeFor(group, this.#o.self, this.#store, this.#catalog);
  }

  get draining(): boolean {
    return this.selfRecords.draining;
  }

  get clustersOwned(): number {
    return this.#owned.size;
  }

  get logsVersion(): number {
    return this.#store.version;
  }
  logsChangedSince(version: number): readonly HubId[] | null {
    return this.#store.changedSince(version);
  }

  start(now: Millis, out: Outbox): void {
    const { self, incarnation, metrics } = this.#o;
    this.#catalog.directory.setMember(self, incarnation, "alive", now);
    this.#log.begin(now);
    for (const key of this.#unreadable) out.log("error", "stored_record_unreadable", { key });
    this.#log.forget(this.#unreadable, out);
    metrics.count("registry_stored_records_unreadable_total", this.#unreadable.length);
    for (const rumor of this.#stored) this.#store.putOwn(rumor, now);
    this.selfRecords.start(now, out);
    const hub = this.#stored.find(({ key }) => key === recordKeys.hub);
    // Tombstones of what was deleted meanwhile are gone by now, so nothing of the old clusters may come back by itself.
    const awayTooLong = hub !== undefined && hub.expiresAt !== null && hub.expiresAt <= now;
    for (const { body } of this.#stored) {
      if (body.kind !== "cluster") continue;
      if (awayTooLong) this.#owned.release(body.clusterId, now, out);
      else this.#owned.restore(body, now, out);
    }
    if (awayTooLong) this.#o.states.awayTooLong(now, out);
    if (awayTooLong) out.log("warn", "clusters_discarded_after_absence", { away_since: (hub.expiresAt ?? now) - now });
    this.#spokesman.start(now);
    this.#settle(now, out);
  }

  /** Another hub of one of the own groups has changed. */
  memberChanged(notice: Extract<Notice, { kind: "member-changed" }>, now: Millis, out: Outbox): void {
    const { self } = this.#o;
    if (notice.hub.hubId === self.hubId) return;
    const { directory } = this.#catalog;
    if (belongsTo(notice.group, self) && belongsTo(notice.group, notice.hub)) {
      directory.setMember(notice.hub, notice.incarnation, notice.to, now);
    } else directory.setGuest(notice.hub, notice.incarnation, notice.to, now);
    this.#settle(now, out);
  }

  setRemovedRegions(removed: ReadonlySet<RegionId>, now: Millis): void {
    this.#catalog.directory.setRemovedRegions(removed, now);
  }

  setLeads(leads: readonly Leadership[], now: Millis, out: Outbox): void {
    this.selfRecords.setLeads(leads, now, out);
    this.#settle(now, out);
  }

  /** This hub has left the group in which it stood in for its parent. */
  guestsGone(now: Millis, out: Outbox): void {
    this.#catalog.directory.forgetGuests(now);
    this.#settle(now, out);
  }

  setDraining(draining: boolean, now: Millis, out: Outbox): void {
    this.selfRecords.setDraining(draining, now, out);
    this.#settle(now, out);
  }

  /** After rumors of other hubs have entered the store. */
  rumorsApplied(now: Millis, out: Outbox): void {
    this.#settle(now, out);
  }

  checked(clusterId: ClusterId, token: number, outcome: CheckOutcome, now: Millis, out: Outbox): void {
    this.#owned.checked(clusterId, token, outcome, now, out);
    this.#settle(now, out);
  }

  /** A hub outside the own groups, dialled for a visit, has answered or has not. */
  visited(hubId: HubId, wasAnswered: boolean, now: Millis, out: Outbox): void {
    this.#sponsor.visited(hubId, wasAnswered, now, out);
    this.#settle(now, out);
  }

  receive(_from: HubId, message: Assign | Assigned, now: Millis, out: Outbox): void {
    if (message.to !== this.#o.self.hubId) {
      this.#assignments.forward({ ...message, hops: message.hops + 1 }, out);
      return;
    }
    switch (message.kind) {
      case "assign":
        this.#handedOver.accept(message, now, out);
        break;
      case "assigned": {
        const taken = this.#assignments.answered(message, now);
        this.#o.metrics.count("registry_clusters_assigned_total", taken.length);
        break;
      }
      default:
        return unreachable(message);
    }
    this.#settle(now, out);
  }

  request(request: RegistryRequest, now: Millis, out: Outbox): Reply {
    const catalog = this.#catalog;
    switch (request.kind) {
      case "registry-status":
        return answered(registryStatus(catalog, (hub) => catalog.directory.childrenOf(hub)));
      case "cluster-list":
        return listClusters(catalog, this.#o.self, request, now);
      case "cluster-get": {
        const view = catalog.cluster(request.clusterId);
        if (view) return answered(clusterAnswer(view, now, formAt(this.#o.self, catalog.hub(view.owner))));
        const unknown = refused(404, "cluster_unknown", `No cluster "${request.clusterId}" is registered.`);
        return this.#reception.whereSent(request.clusterId, now) ?? unknown;
      }
      case "service-list":
        return listServices(catalog, request);
      case "service-get":
        return getService(catalog, request.name);
      default: {
        const reply = this.#reception.answer(request, now, out);
        this.#settle(now, out);
        return reply;
      }
    }
  }

  /** A write that another machine answers, once for each Idempotency-Key. */
  once(write: KeyedWrite, act: () => Reply, now: Millis, out: Outbox): Reply {
    return this.#reception.once(write, act, now, out);
  }

  /** One change of the own log. @returns false when the log has no room for another record of this kind. */
  publish(
    key: string,
    body: RecordBody,
    priority: Priority,
    expiresAt: Millis | null,
    now: Millis,
    out: Outbox,
  ): boolean {
    return this.#log.publish({ key, body, priority, expiresAt, durable: isDurable(key) }, now, out);
  }

  /** Why not all of these round trips would be kept, or null. */
  latencyShortage(keys: readonly string[]): LatencyShortage | null {
    return this.#log.latencyShortage(keys);
  }

  nextDeadline(): Millis {
    return Math.min(
      this.#catalog.hasLost ? 0 : Number.POSITIVE_INFINITY,
      this.#recovery.nextDeadline(),
      this.#owned.nextDeadline(),
      this.selfRecords.nextDeadline(),
      this.#assignments.nextDeadline(),
      this.#adoption.nextDeadline(),
      this.#handBack.nextDeadline(),
      this.#evacuation.nextDeadline(),
      this.#spokesman.nextDeadline(),
      this.#sponsor.nextDeadline(),
      this.#upkeep.nextDeadline(),
    );
  }

  tick(now: Millis, out: Outbox): void {
    if (this.#recovery.tick(now, out)) this.selfRecords.republish(now, out);
    this.#owned.tick(now, out);
    this.#assignments.tick(now, out);
    this.#adoption.tick(now, out);
    this.#handBack.tick(now, out);
    this.#evacuation.tick(now, out);
    this.#spokesman.tick(now, out);
    this.#sponsor.tick(now, out);
    this.#upkeep.tick(now, out);
    this.selfRecords.tick(now, out);
    this.#settle(now, out);
  }

  /** For `/api/status`. */
  status() {
    const catalog = this.#catalog;
    return {
      catalog: {
        hubs: [...catalog.hubs()].length,
        clusters: catalog.clusterCount,
        services: catalog.serviceCount,
        version: catalog.version,
        clusters_waiting_for_room: this.#adoption.waiting,
      },
      limits: usageOf({ owned: this.#owned, store: this.#store, reception: this.#reception }),
    };
  }

  /** What follows from a change, whatever it was. Each part looks only at what has changed since it last looked. */
  #settle(now: Millis, out: Outbox): void {
    this.#yieldLost(now, out);
    this.#upkeep.review(now, out);
    this.#spokesman.review(now, out);
    this.#sponsor.review(now, out);
    this.#adoption.review(now);
    this.#handBack.review(now);
    this.#evacuation.review(now);
    this.selfRecords.review(now);
  }

  #yieldLost(now: Millis, out: Outbox): void {
    const { claims } = this.#catalog;
    const { hubId } = this.#o.self;
    for (const clusterId of this.#catalog.takeLost()) {
      const rival = claims.winner(clusterId)?.origin ?? null;
      const better = claims.knowsBetter(hubId, clusterId);
      if (better) this.#owned.reclaim(clusterId, now, out);
      else this.#owned.release(clusterId, now, out);
      out.log("info", better ? "cluster_claimed_again" : "cluster_withdrawn", { cluster_id: clusterId, rival });
    }
  }
}
