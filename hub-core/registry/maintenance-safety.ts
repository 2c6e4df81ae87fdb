/** Could the others carry a cluster's load while it is away? */
import type { CatalogView, ClusterView } from "../common/catalog-view.ts";
import type { ClusterId, Millis } from "../common/types.ts";
import type { OfferedService } from "../wire/catalog.ts";
import { carries } from "./owned-cluster.ts";

export interface Shortfall {
  readonly service: string;
  /** Requests in flight to be carried, and the most the others can carry. */
  readonly demand: number;
  readonly capacity: number;
}

export interface Window {
  readonly startsAt: Millis;
  readonly endsAt: Millis;
}

/** The services that would be short; a service that nobody else offers always is. */
export function shortfalls(catalog: CatalogView, clusterId: ClusterId, window: Window): Shortfall[] {
  const leaving = catalog.cluster(clusterId);
  if (!leaving) return [];
  return leaving.record.services.flatMap(({ name }): Shortfall[] => {
    const offering = [...catalog.clustersOffering(name)];
    const others = offering.filter((other) => other !== leaving && stands(other, name, window));
    if (others.some((other) => offered(other, name)?.capacity === null)) return [];
    const capacity = others.reduce((sum, other) => sum + (offered(other, name)?.capacity ?? 0), 0);
    const demand = [leaving, ...others].reduce((sum, cluster) => sum + demandOn(cluster, name), 0);
    return others.length === 0 || demand > capacity ? [{ service: name, demand: Math.ceil(demand), capacity }] : [];
  });
}

function stands({ record, vouched }: ClusterView, service: string, window: Window): boolean {
  const planned = record.maintenance;
  const away = planned !== null && planned.startsAt < window.endsAt && window.startsAt < planned.endsAt;
  return vouched && carries(record.state) && !away && record.services.some((s) => s.name === service && s.healthy);
}

function offered({ record }: ClusterView, service: string): OfferedService | undefined {
  return record.services.find(({ name }) => name === service);
}

/** Where a service reports no load of its own, its cluster's counts; without a capacity, what is in flight. */
function demandOn(cluster: ClusterView, service: string): number {
  const entry = offered(cluster, service);
  if (!entry) return 0;
  if (entry.capacity === null) return cluster.record.inFlight;
  return Math.max(entry.load, cluster.record.load) * entry.capacity;
}
