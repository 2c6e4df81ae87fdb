/** The table of the world: cities, airports and cloud regions. */
import { findPlace, suggestPlace } from "../../hub-core/config/index.ts";
import type { FoundPlace } from "./place.ts";

export function findWorldPlace(query: string): FoundPlace {
  const place = findPlace(query);
  if (place) return { ok: true, name: place.name, coordinates: place.coordinates };
  const suggestion = suggestPlace(query);
  return { ok: false, suggestions: suggestion === undefined ? [] : [suggestion] };
}
