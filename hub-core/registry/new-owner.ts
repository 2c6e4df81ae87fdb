/** Who of the hubs within reach takes a cluster that needs another owner: the nearest with room. */
import type { HubView } from "../common/catalog-view.ts";
import type { HubId, HubIdentity, Millis, RegionId } from "../common/types.ts";
import type { ClusterRecord } from "../wire/catalog.ts";
import type { Assignments } from "./assignments.ts";
import type { Catalog } from "./catalog.ts";
import { hasRoom, nearestFirst } from "./placement.ts";

export interface Within {
  readonly self: HubIdentity;
  readonly catalog: Catalog;
  readonly assignments: Assignments;
}

/** What this round has promised so far. */
export type Offers = ReadonlyMap<HubId, readonly ClusterRecord[]>;

/** First within the region, then among all of this hub's peers. `roomHere`: whether this hub itself is one of them. */
export function newOwnerOf(
  { coordinates }: ClusterRecord,
  region: RegionId,
  { self, catalog, assignments }: Within,
  offers: Offers,
  roomHere: boolean,
  now: Millis,
): HubView | undefined {
  const promised = (hub: HubId) => assignments.promisedTo(hub) + (offers.get(hub)?.length ?? 0);
  const open = [...catalog.hubs()].filter((hub) =>
    hub.hubId === self.hubId
      ? roomHere
      : catalog.directory.isMember(hub.hubId) &&
        hasRoom(hub, promised(hub.hubId)) &&
        !assignments.avoids(hub.hubId, now),
  );
  const near = open.filter((hub) => hub.region === region);
  return nearestFirst(near.length > 0 ? near : open, coordinates)[0];
}
