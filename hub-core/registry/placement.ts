/** Which hub takes a cluster: the nearest living one with room. Room elsewhere is hearsay, so the taker decides. */
import type { HubView } from "../common/catalog-view.ts";
import { fibreRttMs } from "../common/great-circle.ts";
import { type Coordinates, type HubId, TIERS } from "../common/types.ts";
import { asCarried } from "../wire/catalog.ts";

/** A regional or global hub has other things to do: it is as good as a local one this much farther off, per tier. */
export const TIER_PENALTY_MS = 25;

export function placementCost(hub: Pick<HubView, "coordinates" | "tier">, at: Coordinates): number {
  const tiersAboveLocal = TIERS.length - 1 - TIERS.indexOf(hub.tier);
  return distanceMs(hub.coordinates, at) + tiersAboveLocal * TIER_PENALTY_MS;
}

/** `claimed`: clusters already promised to the hub that its record does not count yet. */
export function hasRoom({ state, record }: HubView, claimed = 0): boolean {
  return state === "alive" && record !== null && !record.draining && record.clusters + claimed < record.capacity;
}

/** Nearest first; ids settle ties, so that every hub draws the same list from the same view. */
export function nearestFirst(hubs: Iterable<HubView>, at: Coordinates): HubView[] {
  const costs = new Map<HubId, number>();
  const sorted = [...hubs];
  for (const hub of sorted) costs.set(hub.hubId, placementCost(hub, at));
  const cost = ({ hubId }: HubView) => costs.get(hubId) ?? 0;
  return sorted.sort((a, b) => cost(a) - cost(b) || (a.hubId < b.hubId ? -1 : 1));
}

/** The nearest by distance alone, whatever its tier. */
export function nearestTo(at: Coordinates, hubs: Iterable<HubView>): HubView | undefined {
  let best: HubView | undefined;
  let bestCost = Number.POSITIVE_INFINITY;
  for (const hub of hubs) {
    const cost = distanceMs(hub.coordinates, at);
    if (cost < bestCost || (cost === bestCost && best && hub.hubId < best.hubId)) {
      best = hub;
      bestCost = cost;
    }
  }
  return best;
}

/**
 * By coordinates as the wire carries them: a hub that measured from its own unrounded ones could think another nearer at the
 * same place, the other could think the same of it, and neither would act.
 */
function distanceMs(a: Coordinates, b: Coordinates): number {
  return fibreRttMs(asCarried(a), asCarried(b));
}
