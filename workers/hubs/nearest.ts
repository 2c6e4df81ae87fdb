/** In which order the hubs of a region are asked, when the client names none. */
import { greatCircleKm } from "../../hub-core/common/great-circle.ts";
import type { Coordinates, HubId, Tier } from "../../hub-core/common/types.ts";

export interface Placed {
  readonly id: HubId;
  readonly tier: Tier;
  readonly coordinates: Coordinates;
}

const RANK: Readonly<Record<Tier, number>> = { local: 0, regional: 1, global: 2 };

/** Local hubs first, the nearest of a tier first, equal distances by id. */
export function nearestFirst(hubs: readonly Placed[], client: Coordinates): HubId[] {
  return hubs
    .map((hub) => ({ hub, km: greatCircleKm(hub.coordinates, client) }))
    .sort((a, b) => RANK[a.hub.tier] - RANK[b.hub.tier] || a.km - b.km || (a.hub.id < b.hub.id ? -1 : 1))
    .map(({ hub }) => hub.id);
}

/** Those that see most of the federation first: for questions about hubs that live elsewhere. */
export function widestFirst(hubs: readonly Placed[]): HubId[] {
  return [...hubs].sort((a, b) => RANK[b.tier] - RANK[a.tier] || (a.id < b.id ? -1 : 1)).map(({ id }) => id);
}
