/** How much of each bound is in use, for `/api/status`. */
import { MAX_IDEMPOTENCY_KEYS, MAX_ORIGINS, MAX_RECORDS, MAX_STATE_BYTES, MAX_STATE_RECORDS } from "./limits.ts";
import type { OwnedClusters } from "./owned-clusters.ts";
import type { Reception } from "./reception.ts";
import type { RecordStore } from "./record-store.ts";

export function usageOf(parts: {
  readonly owned: OwnedClusters;
  readonly store: RecordStore;
  readonly reception: Reception;
}) {
  const { owned, store, reception } = parts;
  return {
    clusters: { used: owned.size, max: owned.capacity },
    records: { used: store.records, max: MAX_RECORDS },
    state_records: { used: store.stateShare.records, max: MAX_STATE_RECORDS },
    state_bytes: { used: store.stateShare.bytes, max: MAX_STATE_BYTES },
    origins: { used: store.origins, max: MAX_ORIGINS },
    idempotency_keys: { used: reception.keys, max: MAX_IDEMPOTENCY_KEYS },
  };
}
