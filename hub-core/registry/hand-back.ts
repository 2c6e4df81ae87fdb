/** Adopted clusters go home once their hub has been back for a while: so many a second, so that its return is no storm. */
import type { Outbox } from "../common/outbox.ts";
import type { HubId, HubIdentity, Millis } from "../common/types.ts";
import type { HubConfig } from "../config/hub-config.ts";
import type { ClusterRecord } from "../wire/catalog.ts";
import type { Assignments } from "./assignments.ts";
import type { Catalog } from "./catalog.ts";
import type { OwnedClusters } from "./owned-clusters.ts";
import { hasRoom } from "./placement.ts";

export interface HandBackOptions {
  readonly self: HubIdentity;
  readonly config: HubConfig;
  readonly catalog: Catalog;
  readonly owned: OwnedClusters;
  readonly assignments: Assignments;
}

/** A home that has been alive for less may be gone again. */
const STABLE_MS = 5_000;
const BATCH_INTERVAL_MS = 1_000;

export class HandBack {
  readonly #o: HandBackOptions;
  #seenHubs = -1;
  #seenOwned = -1;
  #wakeAt: Millis = Number.POSITIVE_INFINITY;
  #lastBatchAt: Millis = Number.NEGATIVE_INFINITY;

  constructor(options: HandBackOptions) {
    this.#o = options;
  }

  nextDeadline(): Millis {
    return this.#wakeAt;
  }

  review(now: Millis): void {
    const { catalog, owned } = this.#o;
    if (catalog.hubsVersion === this.#seenHubs && owned.changes === this.#seenOwned) return;
    this.#seenHubs = catalog.hubsVersion;
    this.#seenOwned = owned.changes;
    this.#plan(now);
  }

  tick(now: Millis, out: Outbox): void {
    if (this.#wakeAt > now) return;
    const { config, assignments } = this.#o;
    const batch = Math.min(Math.max(1, config.registry.handBackPerSecond), assignments.room);
    const byHome = new Map<HubId, ClusterRecord[]>();
    for (const record of this.#guests(now).slice(0, batch)) {
      byHome.set(record.homeHub, [...(byHome.get(record.homeHub) ?? []), record]);
    }
    for (const [home, records] of byHome) assignments.offer("hand-back", home, records, now, out);
    this.#lastBatchAt = now;
    this.#plan(now);
  }

  #plan(now: Millis): void {
    const earliest = Math.max(now, this.#lastBatchAt + BATCH_INTERVAL_MS);
    let next = Number.POSITIVE_INFINITY;
    for (const home of new Set([...this.#o.owned.records()].map(({ homeHub }) => homeHub))) {
      next = Math.min(next, Math.max(earliest, this.#readyAt(home)));
    }
    this.#wakeAt = next;
  }

  #guests(now: Millis): ClusterRecord[] {
    const { owned, assignments } = this.#o;
    const guests = [...owned.records()].filter(
      ({ clusterId, homeHub }) => this.#readyAt(homeHub) <= now && !assignments.isPending(clusterId),
    );
    return guests.sort((a, b) => (a.clusterId < b.clusterId ? -1 : 1));
  }

  /** Infinity for a home that is this hub, away, full, or out of reach: a change of its view brings it up again. */
  #readyAt(home: HubId): Millis {
    const { self, catalog, assignments } = this.#o;
    const view = home === self.hubId ? undefined : catalog.hub(home);
    if (!view || !hasRoom(view, assignments.promisedTo(home)) || assignments.nextHop(home) === null) {
      return Number.POSITIVE_INFINITY;
    }
    return Math.max(catalog.directory.changedAt(home) + STABLE_MS, assignments.avoidsUntil(home));
  }
}
