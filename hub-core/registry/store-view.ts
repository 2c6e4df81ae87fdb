/** What each view of the store shows as it is: how far it goes, and whether it has something. */
import type { HubId } from "../common/types.ts";
import type { VersionVector } from "../wire/catalog.ts";
import type { RecordStore } from "./record-store.ts";

export abstract class StoreView {
  protected readonly store: RecordStore;

  constructor(store: RecordStore) {
    this.store = store;
  }

  vector(): VersionVector {
    return this.store.vector();
  }

  completeTo(origin: HubId): number {
    return this.store.completeTo(origin);
  }

  digest(): readonly [number, number] {
    return this.store.digest();
  }

  covers(origin: HubId, seq: number, key: string): boolean {
    return this.store.covers(origin, seq, key);
  }
}
