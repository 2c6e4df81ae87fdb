/** Where the hub or cluster of that name stands. */
import type { CatalogView } from "../common/catalog-view.ts";
import type { Coordinates } from "../common/types.ts";

export function positionOf(id: string, view: CatalogView): Coordinates | null {
  return view.hub(id)?.coordinates ?? view.cluster(id)?.record.coordinates ?? null;
}
