/** What can be wrong with a registration that only someone who knows the federation can tell. */
import { type Reply, refused } from "../common/problem.ts";
import type { HubIdentity } from "../common/types.ts";
import type { HubConfig } from "../config/hub-config.ts";
import type { Catalog } from "./catalog.ts";
import type { ClusterRegistration } from "./registration.ts";

interface Surroundings {
  readonly self: HubIdentity;
  readonly config: HubConfig;
  readonly catalog: Catalog;
}

export function mistakeIn({ clusterId, region }: ClusterRegistration, around: Surroundings): Reply | null {
  const { self, config, catalog } = around;
  const isHub = clusterId === self.hubId || config.seeds.some(({ hubId }) => hubId === clusterId);
  if (isHub || catalog.hub(clusterId)) {
    return refused(
      409,
      "id_taken",
      `${clusterId} is a hub's id, and ids name one thing each. Choose another cluster_id.`,
    );
  }
  if (region === undefined) return null;
  const regions = new Set([self.region, ...catalog.regions(), ...config.seeds.map((hub) => hub.region)]);
  if (regions.has(region)) return null;
  const known = [...regions].sort();
  const detail = `No hub of the federation is in a region named ${region}. Known: ${known.join(", ")}. Without a region, the nearest hub's is taken.`;
  return refused(422, "region_unknown", detail, { regions: known });
}
