/** Filtering and paging: pages go by id, so a cursor stays good while clusters come and go. */
import { answered, type Reply, refused } from "../common/problem.ts";
import type { HubIdentity, Millis } from "../common/types.ts";
import type { ClusterRecord } from "../wire/catalog.ts";
import { clusterAnswer, serviceAnswer, serviceDetail } from "./answers.ts";
import type { Catalog } from "./catalog.ts";
import type { ClusterFilter } from "./registry-requests.ts";
import { formAt } from "./scoped-store.ts";

const DEFAULT_PAGE = 100;
const MAX_PAGE = 1_000;

export function listClusters(catalog: Catalog, self: HubIdentity, filter: ClusterFilter, now: Millis): Reply {
  const { ids, next } = page(
    filter.service === undefined
      ? catalog.sortedClusterIds()
      : [...catalog.clustersOffering(filter.service)].map(({ record }) => record.clusterId).sort(),
    filter,
    (id) => {
      const record = catalog.cluster(id)?.record;
      return record !== undefined && matches(record, filter);
    },
  );
  const clusters = ids.flatMap((id) => {
    const view = catalog.cluster(id);
    return view ? [clusterAnswer(view, now, formAt(self, catalog.hub(view.owner)))] : [];
  });
  return answered({ clusters, next_cursor: next, catalog_version: catalog.version });
}

export function listServices(catalog: Catalog, asked: Pick<ClusterFilter, "cursor" | "limit">): Reply {
  const { ids, next } = page([...catalog.services()].sort(), { limit: MAX_PAGE, ...asked }, () => true);
  const services = ids.map((name) => serviceAnswer(catalog, name));
  return answered({ services, next_cursor: next, catalog_version: catalog.version });
}

export function getService(catalog: Catalog, name: string): Reply {
  const detail = serviceDetail(catalog, name);
  if (detail.clusters > 0) return answered(detail);
  return refused(404, "service_unknown", `No cluster offers a service named "${name}".`);
}

function page(
  sorted: readonly string[],
  { cursor, limit }: Pick<ClusterFilter, "cursor" | "limit">,
  wanted: (id: string) => boolean,
): { ids: string[]; next: string | null } {
  const size = Math.min(MAX_PAGE, Math.max(1, limit ?? DEFAULT_PAGE));
  const ids: string[] = [];
  for (const id of sorted) {
    if ((cursor !== undefined && id <= cursor) || !wanted(id)) continue;
    if (ids.length === size) return { ids, next: ids.at(-1) ?? null };
    ids.push(id);
  }
  return { ids, next: null };
}

function matches(record: ClusterRecord, { service, region, state, tag, namespace }: ClusterFilter): boolean {
  if (region !== undefined && record.region !== region) return false;
  if (state !== undefined && record.state !== state) return false;
  if (namespace !== undefined && record.namespace !== namespace) return false;
  // With a service named, the tag is looked for on that service.
  return (
    tag === undefined ||
    record.services.some(({ name, tags }) => (service === undefined || name === service) && tags.includes(tag))
  );
}
