/** Where on Earth a name is: cities, airports (IATA) and cloud regions that people say instead of coordinates. */
import type { Coordinates } from "../common/types.ts";
import { nearestOf } from "./edit-distance.ts";
import { AFRICA } from "./places/africa.ts";
import { ASIA } from "./places/asia.ts";
import { EUROPE } from "./places/europe.ts";
import { NORTH_AMERICA } from "./places/north-america.ts";
import { OCEANIA } from "./places/oceania.ts";
import type { PlaceRow } from "./places/place-row.ts";
import { SOUTH_AMERICA } from "./places/south-america.ts";

export interface Place {
  readonly name: string;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  readonly coordinates: Coordinates;
  /** What the query was of it. */
  readonly matched: "city" | "airport" | "cloud-region";
}

const ROWS: readonly PlaceRow[] = [AFRICA, ASIA, EUROPE, NORTH_AMERICA, OCEANIA, SOUTH_AMERICA].flat();
const LONGEST_QUERY = 128;

/** Names first: no city is called as an airport is, but a cloud region may be called as another one's city. */
const INDEX: ReadonlyMap<string, Place> = indexed();

/** "Nairobi", "NBO", "af-south-1", "sao paulo"; undefined when nothing of that name is known. */
export function findPlace(query: string): Place | undefined {
  return query.length > LONGEST_QUERY ? undefined : INDEX.get(folded(query));
}

/** The known name nearest to a query that found nothing. */
export function suggestPlace(query: string): string | undefined {
  const nearest = nearestOf(folded(query.slice(0, LONGEST_QUERY)), [...INDEX.keys()]);
  return nearest === undefined ? undefined : INDEX.get(nearest)?.name;
}

export function allPlaces(): Place[] {
  return ROWS.map((row) => placeOf(row, "city"));
}

function indexed(): Map<string, Place> {
  const index = new Map<string, Place>();
  const add = (name: string, row: PlaceRow, matched: Place["matched"]): void => {
    const key = folded(name);
    if (key !== "" && !index.has(key)) index.set(key, placeOf(row, matched));
  };
  for (const row of ROWS) for (const name of [row[0], ...row[6].split(",")]) add(name, row, "city");
  for (const row of ROWS) for (const code of row[4].split(" ")) add(code, row, "airport");
  for (const row of ROWS) for (const region of row[5].split(" ")) add(region, row, "cloud-region");
  return index;
}

function placeOf([name, country, latitude, longitude]: PlaceRow, matched: Place["matched"]): Place {
  return { name, country, coordinates: { latitude, longitude }, matched };
}

/** Letters and digits alone, without accents: `São Paulo`, `sao-paulo` and `SAO PAULO` are one. */
export function folded(text: string): string {
  return text
    .normalize("NFD")
    .replace(/[^\p{L}\p{N}]/gu, "")
    .toLowerCase();
}
