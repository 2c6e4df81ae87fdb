/** Great circles without trigonometry in the loop: positions as unit vectors, distances from the chord between them. */
import { EARTH_RADIUS_KM, FIBRE_KM_PER_MS } from "../common/great-circle.ts";
import type { Coordinates } from "../common/types.ts";

export type UnitVector = readonly [number, number, number];

export function unitVector({ latitude, longitude }: Coordinates): UnitVector {
  const phi = (latitude * Math.PI) / 180;
  const lambda = (longitude * Math.PI) / 180;
  return [Math.cos(phi) * Math.cos(lambda), Math.cos(phi) * Math.sin(lambda), Math.sin(phi)];
}

/** The same distance as the haversine: chord = 2·sin(angle / 2). */
export function arcKm(a: UnitVector, b: UnitVector): number {
  const x = a[0] - b[0];
  const y = a[1] - b[1];
  const z = a[2] - b[2];
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(x * x + y * y + z * z) / 2));
}

/** No round trip over fibre along the surface is faster than this, in ms. */
export function fibreMs(km: number): number {
  return (2 * km) / FIBRE_KM_PER_MS;
}

/** Clients within about 5 km share one cell, and so one set of predictions. */
const CELLS_PER_DEGREE = 20;

export function cellOf({ latitude, longitude }: Coordinates): Coordinates {
  return {
    latitude: Math.round(latitude * CELLS_PER_DEGREE) / CELLS_PER_DEGREE,
    longitude: Math.round(longitude * CELLS_PER_DEGREE) / CELLS_PER_DEGREE,
  };
}

export function cellKey(cell: Coordinates): string {
  return `${Math.round(cell.latitude * CELLS_PER_DEGREE)}/${Math.round(cell.longitude * CELLS_PER_DEGREE)}`;
}
