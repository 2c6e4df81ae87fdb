import fc from "fast-check";
import { expect, test } from "vitest";
import { MAX_ACCUSERS, Suspicion, suspicionTimeoutMs } from "./suspicion.ts";

const RULES = { needed: 3, minMs: 3_000, maxMs: 6_000, settleMs: 200, heardAt: Number.NEGATIVE_INFINITY };

test("SUSP-1: the time-out starts at the maximum, shrinks with every confirmation, and ends at the minimum", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 10 }),
      fc.integer({ min: 1, max: 5_000 }),
      fc.integer({ min: 0, max: 60_000 }),
      (k, min, more) => {
        const times = Array.from({ length: k + 3 }, (_, c) => suspicionTimeoutMs(c, k, min, min + more));
        expect(times[0]).toBeCloseTo(min + more, 6);
        expect(times[k]).toBeCloseTo(min, 6);
        for (let c = 1; c < times.length; c++) expect(times[c]).toBeLessThanOrEqual((times[c - 1] as number) + 1e-9);
        for (const time of times) expect(time).toBeGreaterThanOrEqual(min);
      },
    ),
  );
});

test("SUSP-1: with nobody to confirm, the minimum holds", () => {
  expect(suspicionTimeoutMs(0, 0, 3_000, 6_000)).toBe(3_000);
});

test("SUSP-1: the same accuser counts once", () => {
  const suspicion = new Suspicion(1);
  expect(suspicion.accuse("a", "silence", 0, 0)).toBe(true);
  expect(suspicion.accuse("a", "silence", 0, 10)).toBe(false);
  expect(suspicion.deadline(RULES)).toBe(6_000);
});

test("SUSP-2: silence is counted from the earliest accuser, and from the last sign of life", () => {
  const suspicion = new Suspicion(1);
  for (const [i, accuser] of ["a", "b", "c"].entries()) suspicion.accuse(accuser, "silence", 100 + i, 500);
  expect(suspicion.deadline(RULES)).toBe(3_100);
  expect(suspicion.deadline({ ...RULES, heardAt: 2_000 })).toBe(5_000);
});

test("SUSP-3: enough closed sockets settle it after the settle time, fewer do not", () => {
  const suspicion = new Suspicion(1);
  suspicion.accuse("a", "closed", 0, 100);
  suspicion.accuse("b", "closed", 0, 150);
  expect(suspicion.deadline(RULES)).toBeGreaterThanOrEqual(3_000);
  suspicion.accuse("c", "closed", 0, 180);
  expect(suspicion.deadline(RULES)).toBe(380);
});

test("SUSP-3: a sign of life after the sockets closed undoes the early verdict", () => {
  const suspicion = new Suspicion(1);
  for (const accuser of ["a", "b", "c"]) suspicion.accuse(accuser, "closed", 0, 100);
  expect(suspicion.deadline({ ...RULES, heardAt: 150 })).toBe(3_150);
});

test("SUSP-3: an accuser whose socket closes later counts as closed from then on", () => {
  const suspicion = new Suspicion(1);
  suspicion.accuse("a", "silence", 0, 0);
  expect(suspicion.accuse("a", "closed", 0, 50)).toBe(true);
  expect(suspicion.closedCount()).toBe(1);
});

test("SUSP-4: a single closed socket is never enough", () => {
  const suspicion = new Suspicion(1);
  suspicion.accuse("a", "closed", 0, 0);
  expect(suspicion.deadline({ ...RULES, needed: 1 })).toBe(3_000);
});

test("SUSP-1: accusers are bounded", () => {
  const suspicion = new Suspicion(1);
  for (let i = 0; i < 3 * MAX_ACCUSERS; i++) suspicion.accuse(`hub-${i}`, "silence", 0, 0);
  expect(suspicion.accusers).toHaveLength(MAX_ACCUSERS);
});

test("SUSP-2: no rules make the deadline earlier than the bound that the tribunal waits for", () => {
  const accusation = fc.record({
    from: fc.constantFrom("a", "b", "c", "d"),
    evidence: fc.constantFrom("silence" as const, "closed" as const),
    at: fc.integer({ min: 0, max: 2_000 }),
  });
  fc.assert(
    fc.property(
      fc.array(accusation, { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 1, max: 3 }),
      (accusations, needed) => {
        const suspicion = new Suspicion(1);
        for (const { from, evidence, at } of accusations) suspicion.accuse(from, evidence, at, at);
        const deadline = suspicion.deadline({ ...RULES, needed });
        expect(deadline).toBeGreaterThanOrEqual(suspicion.earliestDeadline(RULES.minMs, RULES.settleMs));
        suspicion.postpone(700);
        expect(suspicion.deadline({ ...RULES, needed })).toBe(deadline + 700);
      },
    ),
  );
});
