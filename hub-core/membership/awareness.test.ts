import { expect, test } from "vitest";
import { AWARENESS_MAX, Awareness } from "./awareness.ts";
import { Isolation } from "./isolation.ts";

test("LHA-1: the score stays between well and the maximum, and stretches time by one more than itself", () => {
  const awareness = new Awareness();
  awareness.apply(-1);
  expect(awareness.multiplier).toBe(1);
  for (let i = 0; i < 20; i++) awareness.apply(1);
  expect(awareness.score).toBe(AWARENESS_MAX);
  expect(awareness.multiplier).toBe(AWARENESS_MAX + 1);
  awareness.apply(-1);
  expect(awareness.score).toBe(AWARENESS_MAX - 1);
});

test("LHA-3: losing all links at once begins doubt, losing one of them or the only one does not", () => {
  const isolation = new Isolation();
  expect(isolation.closed(1, 5, 0)).toBe(false);
  expect(isolation.closed(0, 5, 100)).toBe(true);
  expect(isolation.linked()).toBe(true);
  expect(isolation.closed(0, 5, 5_000)).toBe(false);
  expect(isolation.closed(0, 2, 5_001)).toBe(false);
  expect(isolation.doubting).toBe(false);
});

test("LHA-3: links lost one after the other, seconds apart, are no sign of isolation", () => {
  const isolation = new Isolation();
  expect(isolation.closed(1, 5, 0)).toBe(false);
  expect(isolation.closed(0, 5, 4_000)).toBe(false);
});
