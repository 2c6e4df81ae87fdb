import { expect, test } from "vitest";
import { isRttNews, RoundTrip, RTT_SPACING_MS } from "./round-trip.ts";

test("REG-48: busy machines only add to a round trip, and what they add is not told", () => {
  const trip = new RoundTrip(null);
  for (const sample of [10, 60, 11, 95, 10, 10.5, 240, 11]) trip.sample(sample);
  expect(trip.baseMs).toBeLessThan(12);
  for (let i = 0; i < 8; i++) trip.sample(50);
  expect(trip.baseMs).toBe(50);
});

test("REG-48: a round trip is news when it could turn a route, and not more often than its spacing", () => {
  expect(isRttNews(null, 10, 0, 0)).toBe(true);
  expect(isRttNews(10, 30, 0, RTT_SPACING_MS - 1)).toBe(false);
  expect(isRttNews(10, 30, 0, RTT_SPACING_MS)).toBe(true);
  expect(isRttNews(10, 11.9, 0, RTT_SPACING_MS)).toBe(false);
  expect(isRttNews(200, 230, 0, RTT_SPACING_MS)).toBe(false);
  expect(isRttNews(10, null, 0, RTT_SPACING_MS)).toBe(false);
});
