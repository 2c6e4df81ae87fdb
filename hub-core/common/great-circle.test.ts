import fc from "fast-check";
import { expect, test } from "vitest";
import { EARTH_RADIUS_KM, fibreRttMs, greatCircleKm } from "./great-circle.ts";

const point = fc.record({
  latitude: fc.double({ min: -90, max: 90, noNaN: true }),
  longitude: fc.double({ min: -180, max: 180, noNaN: true }),
});

test("a quarter of the globe, and known cities", () => {
  expect(greatCircleKm({ latitude: 0, longitude: 0 }, { latitude: 90, longitude: 0 })).toBeCloseTo(
    (Math.PI / 2) * EARTH_RADIUS_KM,
    6,
  );
  const london = { latitude: 51.5074, longitude: -0.1278 };
  const newYork = { latitude: 40.7128, longitude: -74.006 };
  expect(greatCircleKm(london, newYork)).toBeCloseTo(5_570, -1);
  expect(fibreRttMs(london, newYork)).toBeCloseTo(55.7, 0);
});

test("it is symmetric, zero for one point, and never longer than half the globe", () => {
  fc.assert(
    fc.property(point, point, (a, b) => {
      expect(greatCircleKm(a, b)).toBeCloseTo(greatCircleKm(b, a), 6);
      expect(greatCircleKm(a, a)).toBe(0);
      expect(greatCircleKm(a, b)).toBeLessThanOrEqual(Math.PI * EARTH_RADIUS_KM + 1e-6);
    }),
  );
});
