/**
 * How far one place is from another by the ways that traffic takes: to a waypoint nearby, along corridors, and on from a
 * waypoint near the other end; between near places as the land lies. Great circles alone lead over oceans without a cable.
 */
import { WAYPOINTS } from "./cable-map.ts";
import { arcKm, fibreMs, type UnitVector, unitVector } from "./great-circle.ts";

/** A cable is about this much longer than the great circle between its ends, a way over land by this. */
const CABLE_DETOUR = 1.3;
const LAND_DETOUR = 1.5;
/** Farther than this nothing is known to lead straight on, and a way that no corridor shortens is taken for long. */
const NEAR_KM = 1_500;
const FAR_DETOUR = 3;
/** ms of a round trip that go to access and switching. */
const BASE_MS = 3;
/** Waypoints that a place may begin its way at. */
const GATES = 3;

const POSITIONS = WAYPOINTS.map(unitVector);
const BETWEEN = allPairs();

interface Gate {
  readonly waypoint: number;
  readonly km: number;
}

/** One end of a way. */
export interface Ground {
  readonly at: UnitVector;
  readonly gates: readonly Gate[];
}

/** The other: what it is to each waypoint, in km. */
export interface Outlook {
  readonly at: UnitVector;
  readonly toWaypoint: Float64Array;
}

export function groundOf(at: UnitVector): Ground {
  // The greater the product of two unit vectors, the nearer they are; a sort of all waypoints would cost more than the rest.
  const nearest: { waypoint: number; cosine: number }[] = [];
  POSITIONS.forEach(([x, y, z], waypoint) => {
    const cosine = x * at[0] + y * at[1] + z * at[2];
    if (nearest.length === GATES && cosine <= (nearest[GATES - 1]?.cosine ?? 0)) return;
    const rank = nearest.findIndex((gate) => gate.cosine < cosine);
    nearest.splice(rank < 0 ? nearest.length : rank, 0, { waypoint, cosine });
    nearest.length = Math.min(nearest.length, GATES);
  });
  const gates = nearest.map(({ waypoint }) => {
    return { waypoint, km: LAND_DETOUR * arcKm(at, POSITIONS[waypoint] as UnitVector) };
  });
  return { at, gates };
}

export function outlookOf({ at, gates }: Ground): Outlook {
  const toWaypoint = new Float64Array(POSITIONS.length).fill(Infinity);
  for (const { waypoint, km } of gates) {
    const row = BETWEEN[waypoint] as Float64Array;
    row.forEach((onwards, i) => {
      toWaypoint[i] = Math.min(toWaypoint[i] as number, km + onwards);
    });
  }
  return { at, toWaypoint };
}

/** Never shorter than the great circle. */
export function wayKm(from: Outlook, to: Ground): number {
  const straight = arcKm(from.at, to.at);
  let km = straight * (straight <= NEAR_KM ? LAND_DETOUR : FAR_DETOUR);
  for (const gate of to.gates) km = Math.min(km, (from.toWaypoint[gate.waypoint] as number) + gate.km);
  return Math.max(straight, km);
}

/** Expected round trip, ms, when nothing was measured. */
export function geographicMs(from: Outlook, to: Ground): number {
  return fibreMs(wayKm(from, to)) + BASE_MS;
}

/** Shortest ways between all waypoints, km (Floyd 1962). */
function allPairs(): readonly Float64Array[] {
  const count = WAYPOINTS.length;
  const numbers = new Map(WAYPOINTS.map(({ name }, i) => [name, i]));
  const km = WAYPOINTS.map((_, i) => new Float64Array(count).fill(Infinity).fill(0, i, i + 1));
  WAYPOINTS.forEach(({ onwards }, i) => {
    for (const name of onwards) {
      const j = numbers.get(name) as number;
      const cable = CABLE_DETOUR * arcKm(POSITIONS[i] as UnitVector, POSITIONS[j] as UnitVector);
      (km[i] as Float64Array)[j] = cable;
      (km[j] as Float64Array)[i] = cable;
    }
  });
  for (let via = 0; via < count; via++) {
    const onwards = km[via] as Float64Array;
    for (const row of km) {
      const reach = row[via] as number;
      for (let j = 0; j < count; j++) row[j] = Math.min(row[j] as number, reach + (onwards[j] as number));
    }
  }
  return km;
}
