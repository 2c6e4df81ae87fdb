/**
 * A hub that drains hands its clusters to others: it vouches for each, and answers for it, until another hub's record stands in
 * the place of its own. A few at a time; those without room anywhere stay with it, and are tried again.
 */
import type { Metrics } from "../common/metrics.ts";
import type { Outbox } from "../common/outbox.ts";
import type { HubId, Millis } from "../common/types.ts";
import type { ClusterRecord } from "../wire/catalog.ts";
import { MAX_ASSIGNED } from "../wire/registry-messages.ts";
import { newOwnerOf, type Within } from "./new-owner.ts";
import type { OwnedClusters } from "./owned-clusters.ts";

export interface EvacuationOptions extends Within {
  readonly owned: OwnedClusters;
  readonly metrics: Metrics;
  draining(): boolean;
}

const BATCH_INTERVAL_MS = 100;
/** Between tries while nobody has room, or answers are awaited. */
const RETRY_MS = 1_000;

export class Evacuation {
  readonly #o: EvacuationOptions;
  #seenOwned = -1;
  #wakeAt: Millis = Number.POSITIVE_INFINITY;

  constructor(options: EvacuationOptions) {
    this.#o = options;
  }

  nextDeadline(): Millis {
    return this.#wakeAt;
  }

  /** After any change: cheap when this hub does not drain. */
  review(now: Millis): void {
    const { owned, draining } = this.#o;
    if (!draining()) {
      this.#wakeAt = Number.POSITIVE_INFINITY;
      this.#seenOwned = -1;
    } else if (owned.changes !== this.#seenOwned) {
      this.#seenOwned = owned.changes;
      if (owned.size > 0) this.#wakeAt = Math.min(this.#wakeAt, now + BATCH_INTERVAL_MS);
    }
  }

  tick(now: Millis, out: Outbox): void {
    if (this.#wakeAt > now) return;
    const { self, owned, assignments, metrics } = this.#o;
    const waiting = [...owned.records()].filter(({ clusterId }) => !assignments.isPending(clusterId));
    waiting.sort((a, b) => (a.clusterId < b.clusterId ? -1 : 1));
    const batch = waiting.slice(0, Math.min(MAX_ASSIGNED, assignments.room));
    const offers = new Map<HubId, ClusterRecord[]>();
    for (const record of batch) {
      const target = newOwnerOf(record, self.region, this.#o, offers, false, now);
      if (target) offers.set(target.hubId, [...(offers.get(target.hubId) ?? []), record]);
    }
    for (const [hub, records] of offers) {
      assignments.offer("adoption", hub, records, now, out);
      metrics.count("registry_clusters_evacuated_total", records.length);
    }
    const more = offers.size > 0 && waiting.length > batch.length;
    if (owned.size === 0) this.#wakeAt = Number.POSITIVE_INFINITY;
    else this.#wakeAt = now + (more ? BATCH_INTERVAL_MS : RETRY_MS);
  }
}
