import { expect, test } from "vitest";
import { unitVector } from "./great-circle.ts";
import { Kriging } from "./kriging.ts";
import { beliefOf, planMeasurements } from "./measurement-plan.ts";

const CITIES = [
  { latitude: 51.5, longitude: -0.1 },
  { latitude: 48.9, longitude: 2.4 },
  { latitude: 52.5, longitude: 13.4 },
  { latitude: 40.7, longitude: -74 },
  { latitude: 35.7, longitude: 139.7 },
  { latitude: 1.3, longitude: 103.8 },
].map(unitVector);

test("ROUTE-46: a plan never holds a measured pair, holds no pair twice, and is no longer than asked for", () => {
  const kriging = Kriging.fit(CITIES, [
    { a: 0, b: 1, rttMs: 9 },
    { a: 3, b: 4, rttMs: 160 },
  ]);
  if (!kriging) throw new Error("there are observations");
  const plan = planMeasurements(CITIES.length, beliefOf(kriging), 100);
  const keys = plan.map(({ a, b }) => `${Math.min(a, b)}-${Math.max(a, b)}`);
  expect(new Set(keys).size).toBe(keys.length);
  expect(keys).not.toContain("0-1");
  expect(keys).not.toContain("3-4");
  expect(keys.length).toBeGreaterThan(4);
  expect(planMeasurements(CITIES.length, beliefOf(kriging), 4)).toEqual(plan.slice(0, 4));
});

test("ROUTE-46: the pair that could change a choice comes before those that could not", () => {
  // Places 0, 1 and 2 are alike to one another; place 3 is far from all, and each of them clearly at its own distance.
  const mean = (a: number, b: number): number =>
    Math.max(a, b) === 3 ? 400 + 100 * Math.min(a, b) : 20 + Math.max(a, b);
  const belief = (a: number, b: number): { mean: number; deviation: number } => ({ mean: mean(a, b), deviation: 5 });
  const [first] = planMeasurements(4, belief, 6);
  expect(Math.max(first?.a ?? 3, first?.b ?? 3)).toBeLessThan(3);
});

test("ROUTE-46: what is certain is worth nothing", () => {
  expect(planMeasurements(4, () => ({ mean: 10, deviation: 0 }), 6)).toEqual([]);
});
