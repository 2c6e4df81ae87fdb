import fc from "fast-check";
import { expect, test } from "vitest";
import { greatCircleKm } from "../common/great-circle.ts";
import type { Coordinates } from "../common/types.ts";
import { WAYPOINTS } from "./cable-map.ts";
import { unitVector } from "./great-circle.ts";
import { groundOf, outlookOf, wayKm } from "./ways.ts";

const way = (from: Coordinates, to: Coordinates): number =>
  wayKm(outlookOf(groundOf(unitVector(from))), groundOf(unitVector(to)));
const detour = (from: Coordinates, to: Coordinates): number => way(from, to) / greatCircleKm(from, to);

const LONDON = { latitude: 51.5, longitude: -0.1 };
const NEW_YORK = { latitude: 40.7, longitude: -74 };
const SAO_PAULO = { latitude: -23.5, longitude: -46.6 };
const CAPE_TOWN = { latitude: -33.9, longitude: 18.4 };
const MUMBAI = { latitude: 19.1, longitude: 72.9 };
const places = fc.record({
  latitude: fc.double({ min: -90, max: 90, noNaN: true }),
  longitude: fc.double({ min: -180, max: 180, noNaN: true }),
});

test("ROUTE-40: the map names each waypoint once, its corridors lead to waypoints, and each is reached from each", () => {
  const names = WAYPOINTS.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const { name, onwards } of WAYPOINTS) {
    for (const other of onwards) expect(names).toContain(other);
    expect(onwards).not.toContain(name);
  }
  const told = WAYPOINTS.flatMap(({ name, onwards }) => onwards.map((other) => [name, other].sort().join(" ")));
  expect(new Set(told).size).toBe(told.length);
  for (const from of WAYPOINTS)
    expect(outlookOf(groundOf(unitVector(from))).toWaypoint.every(Number.isFinite)).toBe(true);
});

test("ROUTE-40: a way is as long in either direction, and never shorter than the great circle", () => {
  fc.assert(
    fc.property(places, places, (a, b) => {
      const km = way(a, b);
      expect(km).toBeGreaterThanOrEqual(greatCircleKm(a, b) - 0.5);
      expect(Math.abs(km - way(b, a))).toBeLessThan(1);
    }),
  );
});

test("ROUTE-40: oceans with cables are crossed straight, those without are gone round", () => {
  expect(detour(LONDON, NEW_YORK)).toBeLessThan(1.5);
  expect(detour(SAO_PAULO, CAPE_TOWN)).toBeGreaterThan(2);
  expect(detour(SAO_PAULO, MUMBAI)).toBeGreaterThan(1.6);
});

test("ROUTE-40: near places are as far as the land lies, wherever the next waypoint is", () => {
  const yakutsk = { latitude: 62, longitude: 129.7 };
  const magadan = { latitude: 59.6, longitude: 150.8 };
  expect(detour(yakutsk, magadan)).toBeCloseTo(1.5, 1);
});
