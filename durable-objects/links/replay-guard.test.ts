import { expect, test } from "vitest";
import { MAX_REMEMBERED_TOKENS, ReplayGuard } from "./replay-guard.ts";

test("a token is accepted once", () => {
  const guard = new ReplayGuard(new Map());
  expect(guard.accept("a", 60_000, 0)).toBe(true);
  expect(guard.accept("a", 60_000, 1)).toBe(false);
});

test("a token that an earlier run accepted stays used", () => {
  expect(new ReplayGuard(new Map([["a", 60_000]])).accept("a", 60_000, 1)).toBe(false);
});

test("memory is bounded: expired tokens make room, living ones do not, and then nothing is accepted", () => {
  const guard = new ReplayGuard(new Map());
  for (let i = 0; i < MAX_REMEMBERED_TOKENS; i++) expect(guard.accept(`t${i}`, 60_000, 0)).toBe(true);
  expect(guard.accept("late", 90_000, 30_000)).toBe(false);
  expect(guard.accept("late", 120_000, 60_001)).toBe(true);
});
