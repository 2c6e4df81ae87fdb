/** What a region offers, in one record, for those who plan by regions. */
import type { CatalogView, ClusterView } from "../common/catalog-view.ts";
import type { Millis, RegionId } from "../common/types.ts";
import { isGone, type OfferedService, type SummaryRecord } from "../wire/catalog.ts";
import { carries } from "./owned-cluster.ts";

/** Names are at most 128 bytes, so that a summary stays well within a record's size. */
const MAX_SUMMARY_SERVICES = 128;

export interface ServiceTotals {
  clusters: number;
  healthy: number;
  /** Of the healthy ones; null when one of them has no limit. */
  capacity: number | null;
  /** 0…1: by capacity where all state one, else the plain mean of the healthy ones. */
  load: number;
}

export function isServing({ record, vouched }: ClusterView, service: OfferedService): boolean {
  return vouched && carries(record.state) && service.healthy;
}

export function serviceTotals(offers: Iterable<{ cluster: ClusterView; service: OfferedService }>): ServiceTotals {
  let [clusters, healthy, capacity, used, loads, unlimited] = [0, 0, 0, 0, 0, false];
  for (const { cluster, service } of offers) {
    clusters += 1;
    if (!isServing(cluster, service)) continue;
    healthy += 1;
    const load = Math.max(service.load, cluster.record.load);
    loads += load;
    if (service.capacity === null) unlimited = true;
    else {
      capacity += service.capacity;
      used += load * service.capacity;
    }
  }
  const load = !unlimited && capacity > 0 ? used / capacity : healthy > 0 ? loads / healthy : 0;
  return { clusters, healthy, capacity: unlimited ? null : capacity, load: Math.round(load * 100) / 100 };
}

/** The services with the most clusters, when there are more than a summary holds. */
export function summaryOf(catalog: CatalogView, region: RegionId, now: Millis): SummaryRecord {
  const clusters = [...catalog.clusters()].filter(({ record }) => record.region === region);
  const offers = new Map<string, { cluster: ClusterView; service: OfferedService }[]>();
  for (const cluster of clusters) {
    for (const service of cluster.record.services) {
      const others = offers.get(service.name);
      if (others) others.push({ cluster, service });
      else offers.set(service.name, [{ cluster, service }]);
    }
  }
  const services = [...offers].map(([name, list]) => {
    const totals = serviceTotals(list);
    return { ...totals, name, capacity: totals.capacity ?? 0 };
  });
  services.sort((a, b) => b.clusters - a.clusters || (a.name < b.name ? -1 : 1));
  return {
    kind: "summary",
    region,
    hubs: [...catalog.hubs()].filter((hub) => hub.region === region && !isGone(hub.state)).length,
    clusters: clusters.length,
    healthy: clusters.filter(({ record, vouched }) => vouched && carries(record.state)).length,
    services: services.slice(0, MAX_SUMMARY_SERVICES),
    updatedAt: now,
  };
}

/** Whether two summaries say the same, whenever they were made; loads count by tenths. */
export function sameSummary(a: SummaryRecord, b: SummaryRecord): boolean {
  if (a.hubs !== b.hubs || a.clusters !== b.clusters || a.healthy !== b.healthy) return false;
  if (a.services.length !== b.services.length) return false;
  return a.services.every((service, i) => {
    const other = b.services[i];
    return (
      other?.name === service.name &&
      other.clusters === service.clusters &&
      other.healthy === service.healthy &&
      other.capacity === service.capacity &&
      Math.abs(other.load - service.load) < 0.1
    );
  });
}
