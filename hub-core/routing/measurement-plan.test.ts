import fc from "fast-check";
import { expect, test } from "vitest";
import { type Belief, worthMeasuring } from "./measurement-plan.ts";

const beliefs = fc.array(
  fc.record({ mean: fc.double({ min: 1, max: 300, noNaN: true }), deviation: fc.constantFrom(0, 1, 10, 50) }),
  { maxLength: 20 },
);

test("ROUTE-46: what was measured is never measured again, and with all measured there is nothing to do", () => {
  fc.assert(
    fc.property(beliefs, (places) => {
      const worth = worthMeasuring(places);
      if (worth !== null) expect(places[worth]?.deviation).toBeGreaterThan(0);
      expect(worthMeasuring(places.map(({ mean }) => ({ mean, deviation: 0 })))).toBeNull();
    }),
  );
});

test("ROUTE-46: the place that could change a choice comes before one that could not", () => {
  const near: Belief[] = [
    { mean: 20, deviation: 0 },
    { mean: 22, deviation: 5 },
    { mean: 400, deviation: 5 },
  ];
  expect(worthMeasuring(near)).toBe(1);
  const alone: Belief[] = [{ mean: 20, deviation: 5 }];
  expect(worthMeasuring(alone)).toBeNull();
});

test("ROUTE-46: of two alike, the one that the model is less sure of is measured", () => {
  const alike: Belief[] = [
    { mean: 50, deviation: 2 },
    { mean: 50, deviation: 20 },
    { mean: 51, deviation: 0 },
  ];
  expect(worthMeasuring(alike)).toBe(1);
});
