/**
 * The store as a group may see it: a region's local hubs get the records of other regions in routing form, and from one of them
 * that stands in for their regional hub the group above gets none of those back.
 */
import { downGroupOf, type GroupId, type HubId, type HubIdentity, upGroupOf } from "../common/types.ts";
import type { RumorStore } from "../wire/catalog.ts";
import type { Catalog } from "./catalog.ts";
import type { RecordStore } from "./record-store.ts";
import { provenanceOf, RegionalStore } from "./scoped-store.ts";
import { UpwardStore } from "./upward-store.ts";

/** Null: as the hub itself sees it. */
export function storeFor(group: GroupId | null, self: HubIdentity, store: RecordStore, catalog: Catalog): RumorStore {
  const provenance = (origin: HubId) => provenanceOf(origin, catalog.hub(origin), self);
  if (group === null) return store;
  if (self.tier === "regional" && group === downGroupOf(self)) return new RegionalStore(store, self.region, provenance);
  return self.tier === "local" && group !== upGroupOf(self) ? new UpwardStore(store, provenance) : store;
}
