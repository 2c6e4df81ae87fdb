/** One-way delays on a planet: great circles in fibre, detours included; a fraction of a millisecond within a region. */
import type { DurationMs, HubIdentity } from "../../../hub-core/common/types.ts";

const EARTH_RADIUS_KM = 6_371;
/** Light in glass. */
const KM_PER_MS = 200;
/** Cables are not laid along great circles. */
const DETOUR = 1.4;
const WITHIN_REGION_MS = 0.25;

export function planetDelay(from: HubIdentity, to: HubIdentity): DurationMs {
  const distance = (greatCircleKm(from, to) * DETOUR) / KM_PER_MS;
  return from.region === to.region ? WITHIN_REGION_MS : WITHIN_REGION_MS + distance;
}

function greatCircleKm(from: HubIdentity, to: HubIdentity): number {
  const radians = Math.PI / 180;
  const a = from.coordinates.latitude * radians;
  const b = to.coordinates.latitude * radians;
  const dLatitude = Math.sin((b - a) / 2);
  const dLongitude = Math.sin(((to.coordinates.longitude - from.coordinates.longitude) * radians) / 2);
  const haversine = dLatitude * dLatitude + Math.cos(a) * Math.cos(b) * dLongitude * dLongitude;
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(haversine)));
}
