/** Clusters that another hub hands over: taken while there is room, unless the world has moved on. */
import type { Metrics } from "../common/metrics.ts";
import type { Outbox } from "../common/outbox.ts";
import type { ClusterId, HubIdentity, Millis } from "../common/types.ts";
import type { ClusterRecord } from "../wire/catalog.ts";
import type { Assign, Assignments } from "./assignments.ts";
import type { Catalog } from "./catalog.ts";
import type { OwnedClusters } from "./owned-clusters.ts";

export interface HandedOverOptions {
  readonly self: HubIdentity;
  readonly catalog: Catalog;
  readonly owned: OwnedClusters;
  readonly assignments: Assignments;
  readonly metrics: Metrics;
  draining(): boolean;
}

export class HandedOver {
  readonly #o: HandedOverOptions;

  constructor(options: HandedOverOptions) {
    this.#o = options;
  }

  accept({ assignment, from, purpose, clusters }: Assign, now: Millis, out: Outbox): void {
    const { self, assignments, metrics } = this.#o;
    const taken: ClusterId[] = [];
    const refused: ClusterId[] = [];
    for (const record of clusters) {
      if (record.kind !== "cluster") continue;
      (this.#take(record, now, out) ? taken : refused).push(record.clusterId);
    }
    if (taken.length > 0) metrics.count("registry_clusters_taken_total", taken.length, { purpose });
    const answer = { kind: "assigned", assignment, from: self.hubId, to: from, hops: 0, taken, refused } as const;
    assignments.forward(answer, out);
  }

  #take(record: ClusterRecord, now: Millis, out: Outbox): boolean {
    const { owned, catalog, draining } = this.#o;
    if (owned.has(record.clusterId)) return true;
    if (catalog.claims.highestIncarnation(record.clusterId) > record.incarnation) return false;
    if (!owned.hasRoom || draining()) return false;
    owned.take(record, now, out);
    return true;
  }
}
