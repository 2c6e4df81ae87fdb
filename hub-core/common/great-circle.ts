/** Distance on the globe, and the time that light in glass needs for it. */
import type { Coordinates, DurationMs } from "./types.ts";

/** Mean radius (IUGG). */
export const EARTH_RADIUS_KM = 6_371.0088;
/** Light in fibre: two thirds of c. */
export const FIBRE_KM_PER_MS = 199.86;

/** Haversine: exact enough on a sphere, and stable for near points. */
export function greatCircleKm(a: Coordinates, b: Coordinates): number {
  const latitude1 = radians(a.latitude);
  const latitude2 = radians(b.latitude);
  const halfLatitude = Math.sin((latitude2 - latitude1) / 2);
  const halfLongitude = Math.sin(radians(b.longitude - a.longitude) / 2);
  const h = halfLatitude ** 2 + Math.cos(latitude1) * Math.cos(latitude2) * halfLongitude ** 2;
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(h)));
}

/** Round trip along the great circle: a lower bound of what any network achieves. */
export function fibreRttMs(a: Coordinates, b: Coordinates): DurationMs {
  return (2 * greatCircleKm(a, b)) / FIBRE_KM_PER_MS;
}

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180;
}
