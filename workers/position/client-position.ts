/** The position that a question is about: what the client says first, what the network says after that. */
import type { Problem } from "../../hub-core/common/problem.ts";
import type { Position } from "../../hub-core/routing/index.ts";
import type { PlaceFinder } from "./place.ts";

export interface PositionQuery {
  readonly lat?: number | undefined;
  readonly lon?: number | undefined;
  /** A city, an IATA code, a cloud region or a hub id. */
  readonly from?: string | undefined;
}

export type PositionResult =
  | { readonly ok: true; readonly position: Position }
  | { readonly ok: false; readonly problem: Problem };

export function clientPosition(query: PositionQuery, network: Position, findPlace: PlaceFinder): PositionResult {
  if (query.lat !== undefined && query.lon !== undefined) {
    return { ok: true, position: { latitude: query.lat, longitude: query.lon, source: "query" } };
  }
  if (query.from === undefined) return { ok: true, position: network };
  const place = findPlace(query.from);
  if (place.ok) return { ok: true, position: { ...place.coordinates, source: "place", place: place.name } };
  return { ok: false, problem: unknownPlace(query.from, place.suggestions) };
}

function unknownPlace(from: string, suggestions: readonly string[]): Problem {
  const nearest = suggestions.length > 0 ? `; did you mean ${suggestions.join(", ")}?` : "";
  const detail = `no place named ${JSON.stringify(from)}: give a city, an IATA code, a cloud region or a hub id${nearest}`;
  const errors = [{ path: "query.from", message: detail }];
  return { status: 400, code: "place_unknown", detail, extra: { suggestions, errors } };
}
