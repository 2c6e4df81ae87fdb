/** Why no hub takes another cluster: this hub by its own count, the others by what they last told. */
import type { HubView } from "../common/catalog-view.ts";
import type { HubId } from "../common/types.ts";
import { hasRoom } from "./placement.ts";

interface Here {
  readonly used: number;
  readonly capacity: number;
  readonly draining: boolean;
}

export interface Shortage {
  readonly hubs: number;
  readonly used: number;
  readonly capacity: number;
  /** Of `capacity`, on hubs that take nothing new. */
  readonly draining: number;
  readonly detail: string;
}

export function shortageOf(self: HubId, here: Here, hubs: Iterable<HubView>): Shortage {
  let known = 1;
  let { used, capacity } = here;
  let draining = here.draining ? here.capacity - here.used : 0;
  let told = 0;
  for (const hub of hubs) {
    const { hubId, record, state } = hub;
    if (hubId === self || !record || state !== "alive") continue;
    known += 1;
    used += record.clusters;
    capacity += record.capacity;
    if (record.draining) draining += Math.max(0, record.capacity - record.clusters);
    else if (hasRoom(hub)) told += record.capacity - record.clusters;
  }
  const full = `${used} of ${capacity} places on ${known} living hubs are taken`;
  const closed = draining > 0 ? `, ${draining} are on hubs that drain` : "";
  // Those that were asked said no: what they told of themselves before is a moment old.
  const detail =
    told > 0
      ? `The nearest hubs were asked and are full. By what was last told, ${full}${closed}: try again in a second.`
      : `No living hub has room: ${full}${closed}.`;
  return { hubs: known, used, capacity, draining, detail };
}
