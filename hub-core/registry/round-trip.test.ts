import { expect, test } from "vitest";
import { isRttNews, RoundTrip, RTT_SPACING_MS } from "./round-trip.ts";

test("REG-48: busy machines only add to a round trip, and what they add is not told", () => {
  const trip = new RoundTrip(null);
  for (const sample of [10, 60, 11, 95, 10, 10.5, 240, 11]) trip.sample(sample);
  expect(trip.baseMs).toBe(10);
  for (let i = 0; i < 12; i++) trip.sample(50);
  expect(trip.baseMs).toBeLessThan(12);
  for (let i = 0; i < 4; i++) trip.sample(50);
  expect(trip.baseMs).toBe(50);
});

test("REG-48: with nothing known, nothing is told of the first checks of a cold process", () => {
  const trip = new RoundTrip(null);
  for (const sample of [342, 39, 12]) {
    trip.sample(sample);
    expect(trip.baseMs).toBeNull();
  }
  trip.sample(20);
  expect(trip.baseMs).toBe(12);
});

test("REG-48: what was known before a restart outweighs every check of a busy start", () => {
  const trip = new RoundTrip(1);
  for (let i = 0; i < 15; i++) {
    trip.sample(342 - i);
    expect(trip.baseMs).toBe(1);
  }
  trip.sample(300);
  expect(trip.baseMs).toBe(300);
});

test("REG-48: a shorter way is news at once, a longer one not more often than its spacing", () => {
  expect(isRttNews(null, 10, 0, 0)).toBe(true);
  expect(isRttNews(30, 10, 0, 1)).toBe(true);
  expect(isRttNews(10, 30, 0, RTT_SPACING_MS - 1)).toBe(false);
  expect(isRttNews(10, 30, 0, RTT_SPACING_MS)).toBe(true);
  expect(isRttNews(10, 11.9, 0, RTT_SPACING_MS)).toBe(false);
  expect(isRttNews(200, 230, 0, RTT_SPACING_MS)).toBe(false);
  expect(isRttNews(200, 170, 0, RTT_SPACING_MS)).toBe(false);
  expect(isRttNews(10, null, 0, RTT_SPACING_MS)).toBe(false);
});
