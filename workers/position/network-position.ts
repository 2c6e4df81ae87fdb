/** Where the network says that a client is, when the client does not say so itself. */
import type { Coordinates } from "../../hub-core/common/types.ts";
import type { Position } from "../../hub-core/routing/index.ts";
import type { PlaceFinder } from "./place.ts";

export interface NetworkHints {
  /** `request.cf`, where there is one. */
  readonly cf: object | null;
  /** As an edge that handed the request on saw it. */
  readonly forwarded: Coordinates | null;
  readonly region: { readonly id: string; readonly coordinates: Coordinates };
}

/** The address's position, else its time zone's city, else the region that was reached. */
export function networkPosition({ cf, forwarded, region }: NetworkHints, findPlace: PlaceFinder): Position {
  const passedOn = forwarded === null ? null : coordinatesOf(forwarded.latitude, forwarded.longitude);
  if (passedOn) return { ...passedOn, source: "request" };
  const { latitude, longitude, timezone }: { latitude?: unknown; longitude?: unknown; timezone?: unknown } = cf ?? {};
  const located = coordinatesOf(latitude, longitude);
  if (located) return { ...located, source: "request" };
  const city = typeof timezone === "string" ? cityOf(timezone) : null;
  const found = city === null ? null : findPlace(city);
  if (found?.ok) return { ...found.coordinates, source: "timezone", place: found.name };
  return { ...region.coordinates, source: "region", place: region.id };
}

/** Null unless both are numbers, or texts of numbers, on the globe. */
export function coordinatesOf(latitude: unknown, longitude: unknown): Coordinates | null {
  const [lat, lon] = [numberOf(latitude), numberOf(longitude)];
  return Math.abs(lat) <= 90 && Math.abs(lon) <= 180 ? { latitude: lat, longitude: lon } : null;
}

function numberOf(value: unknown): number {
  if (typeof value === "number") return value;
  return typeof value === "string" && value.trim() !== "" ? Number(value) : Number.NaN;
}

/** `America/Argentina/Buenos_Aires` → `Buenos Aires`; null for what names no city (`Etc/UTC`). */
function cityOf(zone: string): string | null {
  const parts = zone.split("/");
  const city = parts.at(-1);
  return parts.length < 2 || parts[0] === "Etc" || city === undefined ? null : city.replaceAll("_", " ");
}
