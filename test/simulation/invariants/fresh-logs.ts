/** Of which origins a hub's copy of the log has changed since it was last looked into: nothing else can have broken a promise. */
import type { HubId } from "../../../hub-core/common/types.ts";
import type { Insight } from "../machine.ts";
import type { SimHub } from "../sim-hub.ts";

export interface FreshLog {
  readonly origin: HubId;
  readonly upTo: number;
}

export class FreshLogs {
  /** By hub: its run, and the count of changes of each origin when last looked at. */
  readonly #seen = new Map<HubId, { readonly run: number; readonly changes: Map<HubId, number> }>();

  since(hub: SimHub, { store, changesOf }: Insight): FreshLog[] {
    let seen = this.#seen.get(hub.id);
    if (seen?.run !== hub.run) {
      seen = { run: hub.run, changes: new Map() };
      this.#seen.set(hub.id, seen);
    }
    const fresh: FreshLog[] = [];
    for (const [origin, upTo] of store.vector()) {
      const changes = changesOf(origin);
      if (seen.changes.get(origin) === changes) continue;
      seen.changes.set(origin, changes);
      fresh.push({ origin, upTo });
    }
    return fresh;
  }
}
