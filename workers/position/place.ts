/** Turns what a client calls its place into coordinates. */
import type { Coordinates } from "../../hub-core/common/types.ts";
import type { Federation } from "../../hub-core/config/index.ts";

export type FoundPlace =
  | { readonly ok: true; readonly name: string; readonly coordinates: Coordinates }
  | { readonly ok: false; readonly suggestions: readonly string[] };

export type PlaceFinder = (query: string) => FoundPlace;

/** Hubs and regions of the federation by their ids, before the table of the world. */
export function withFederation(federation: Pick<Federation, "hubs" | "regions">, world: PlaceFinder): PlaceFinder {
  return (query) => {
    const wanted = query.trim().toLowerCase();
    const own = [...federation.hubs, ...federation.regions].find(({ id }) => id.toLowerCase() === wanted);
    return own ? { ok: true, name: own.id, coordinates: own.coordinates } : world(query);
  };
}
