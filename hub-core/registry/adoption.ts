/**
 * The clusters of a hub that is gone find a new owner: the nearest living hub with room that the decider can reach. A few at
 * a time, so that a hundred clusters are no storm; those without room anywhere wait, unvouched for, and are tried again.
 */
import type { HubView } from "../common/catalog-view.ts";
import type { Metrics } from "../common/metrics.ts";
import type { Outbox } from "../common/outbox.ts";
import type { HubId, HubIdentity, Millis } from "../common/types.ts";
import type { HubConfig } from "../config/hub-config.ts";
import type { ClusterRecord } from "../wire/catalog.ts";
import { MAX_ASSIGNED } from "../wire/registry-messages.ts";
import type { Assignments } from "./assignments.ts";
import type { Catalog } from "./catalog.ts";
import { newOwnerOf } from "./new-owner.ts";
import type { OwnedClusters } from "./owned-clusters.ts";
import type { Succession } from "./succession.ts";

export interface AdoptionOptions {
  readonly self: HubIdentity;
  readonly config: HubConfig;
  readonly catalog: Catalog;
  readonly owned: OwnedClusters;
  readonly assignments: Assignments;
  readonly succession: Succession;
  readonly metrics: Metrics;
  /** This hub takes no clusters while it drains. */
  draining(): boolean;
}

const BATCH_INTERVAL_MS = 100;
/** Between tries when nobody has room or everybody's answer is awaited. */
const RETRY_MS = 1_000;

export class Adoption {
  readonly #o: AdoptionOptions;
  #seenNews = 0;
  #seenHubs = 0;
  #wakeAt: Millis = Number.POSITIVE_INFINITY;
  #lastBatchAt: Millis = Number.NEGATIVE_INFINITY;
  #waiting = 0;

  constructor(options: AdoptionOptions) {
    this.#o = options;
  }

  /** Clusters that found no room at the last try. */
  get waiting(): number {
    return this.#waiting;
  }

  nextDeadline(): Millis {
    return this.#wakeAt;
  }

  /** After any change of the catalog: cheap when nothing concerns this machine. */
  review(now: Millis): void {
    const { orphanNews, hubsVersion } = this.#o.catalog;
    if (orphanNews === this.#seenNews && hubsVersion === this.#seenHubs) return;
    this.#seenNews = orphanNews;
    this.#seenHubs = hubsVersion;
    this.#plan(now);
  }

  tick(now: Millis, out: Outbox): void {
    if (this.#wakeAt > now) return;
    if (now < this.#lastBatchAt + BATCH_INTERVAL_MS) {
      this.#wakeAt = this.#lastBatchAt + BATCH_INTERVAL_MS;
      return;
    }
    const orphans = this.#orphans(now);
    this.#lastBatchAt = now;
    const left = this.#place(orphans, now, out);
    if (left === "more") this.#wakeAt = now + BATCH_INTERVAL_MS;
    else if (left === "waiting") this.#wakeAt = now + RETRY_MS;
    else this.#plan(now);
  }

  /** The next moment at which a hub has been gone for long enough; soon, while clusters of such a hub are left. */
  #plan(now: Millis): void {
    let next = Number.POSITIVE_INFINITY;
    for (const { hub, dueAt } of this.#dead()) {
      const open = [...this.#o.catalog.claims.ownedBy(hub.hubId)].some((id) => !this.#o.assignments.isPending(id));
      next = Math.min(next, Math.max(dueAt, now + (open ? 0 : RETRY_MS)));
    }
    this.#wakeAt = next;
  }

  /** Hubs with clusters that are gone and this hub's to provide for. A leave is meant, so nobody waits for a return. */
  *#dead(): IterableIterator<{ hub: HubView; dueAt: Millis }> {
    const { catalog, succession, config } = this.#o;
    const gone = [...catalog.claims.owners()].filter((owner) => catalog.directory.isGone(owner));
    for (const owner of gone.sort()) {
      const hub = catalog.hub(owner);
      if (!hub || !succession.decidesFor(hub)) continue;
      const wait = hub.state === "left" ? 0 : config.registry.adoptAfterMs;
      yield { hub, dueAt: catalog.directory.changedAt(owner) + wait };
    }
  }

  #orphans(now: Millis): { readonly owner: HubView; readonly record: ClusterRecord }[] {
    const { catalog, assignments } = this.#o;
    const orphans: { owner: HubView; record: ClusterRecord }[] = [];
    for (const { hub, dueAt } of this.#dead()) {
      if (dueAt > now) continue;
      for (const id of [...catalog.claims.ownedBy(hub.hubId)].sort()) {
        const record = catalog.cluster(id)?.record;
        if (record && !assignments.isPending(id)) orphans.push({ owner: hub, record });
      }
    }
    return orphans;
  }

  #place(
    orphans: readonly { readonly owner: HubView; readonly record: ClusterRecord }[],
    now: Millis,
    out: Outbox,
  ): "none" | "more" | "waiting" {
    const { self, owned, assignments, metrics } = this.#o;
    const offers = new Map<HubId, ClusterRecord[]>();
    const batch = Math.min(MAX_ASSIGNED, assignments.room);
    let placed = 0;
    let homeless = 0;
    for (const { owner, record } of orphans) {
      if (placed >= batch) break;
      const target = newOwnerOf(record, owner.region, this.#o, offers, this.#hasRoomHere(), now);
      if (!target) {
        homeless += 1;
        continue;
      }
      placed += 1;
      if (target.hubId === self.hubId) {
        owned.take(record, now, out);
        metrics.count("registry_clusters_adopted_total");
      } else offers.set(target.hubId, [...(offers.get(target.hubId) ?? []), record]);
      out.log("info", "cluster_assigned", { cluster_id: record.clusterId, from: owner.hubId, to: target.hubId });
    }
    for (const [hub, records] of offers) assignments.offer("adoption", hub, records, now, out);
    this.#waiting = homeless;
    if (homeless > 0) metrics.count("registry_adoptions_without_room_total", homeless);
    if (placed > 0 && orphans.length > placed + homeless) return "more";
    return orphans.length > placed ? "waiting" : "none";
  }

  #hasRoomHere(): boolean {
    return this.#o.owned.hasRoom && !this.#o.draining();
  }
}
