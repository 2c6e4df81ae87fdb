import fc from "fast-check";
import { expect, test } from "vitest";
import { CausalContext } from "./causal-context.ts";
import { actorOf, compareDots, type Dot, dotKey, hubOf, readDot } from "./dot.ts";
import { HybridLogicalClock, millisOf, stampAt } from "./hybrid-logical-clock.ts";

const dots = fc.array(fc.record({ actor: fc.constantFrom("a~1", "b~2"), stamp: fc.integer({ min: 1, max: 8 }) }));

test("STATE-9: a stamp is above every one issued or seen, and follows the wall clock when that goes ahead", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(50), fc.option(fc.nat(100_000)))), (events) => {
      const clock = new HybridLogicalClock();
      let highest = 0;
      for (const [wall, seen] of events) {
        if (seen !== null) clock.observe(seen);
        highest = Math.max(highest, seen ?? 0);
        const stamp = clock.tick(wall);
        expect(stamp).toBeGreaterThan(highest);
        expect(millisOf(stamp)).toBeGreaterThanOrEqual(wall);
        highest = stamp;
      }
    }),
  );
});

test("STATE-9: with a wall clock that never stands still, the clock runs no farther ahead than what it saw", () => {
  const clock = new HybridLogicalClock();
  clock.observe(stampAt(5_000));
  expect(clock.aheadOf(2_000)).toBe(3_000);
  expect(millisOf(clock.tick(2_000))).toBe(5_000);
  expect(millisOf(clock.tick(6_000))).toBe(6_000);
  expect(clock.aheadOf(6_000)).toBe(0);
});

test("STATE-9: thousands of writes in one millisecond have stamps of their own", () => {
  const clock = new HybridLogicalClock();
  const stamps = new Set(Array.from({ length: 5_000 }, () => clock.tick(1_000)));
  expect(stamps.size).toBe(5_000);
  expect(clock.aheadOf(1_000)).toBeLessThan(10);
});

test("STATE-3: a context holds exactly what was put in, and covers exactly what it holds", () => {
  fc.assert(
    fc.property(dots, dots, fc.integer({ min: 0, max: 8 }), (some, others, upTo) => {
      const a = new CausalContext([["a~1", upTo]], some);
      const b = new CausalContext([], others);
      const held = (dot: Dot): boolean =>
        some.some((each) => compareDots(each, dot) === 0) || (dot.actor === "a~1" && dot.stamp <= upTo);
      for (const dot of others) expect(a.has(dot)).toBe(held(dot));
      expect(a.covers(b)).toBe(others.every(held));
      expect(a.join(b).covers(a) && a.join(b).covers(b)).toBe(true);
      expect(a.join(b).vector()).toEqual(b.join(a).vector());
      expect(a.join(b).cloud()).toEqual(b.join(a).cloud());
    }),
  );
});

test("STATE-4: dots are written and read back, and order totally", () => {
  const dot = { actor: actorOf("local-hub-nyc-01", 2 ** 48 - 1), stamp: 1_700_000_000_000 * 1_024 };
  expect(readDot(dotKey(dot))).toEqual(dot);
  expect(hubOf(dot.actor)).toBe("local-hub-nyc-01");
  expect(["", "1", "x@a~1", "1@a", "99999999999999999@a~1"].map(readDot)).toEqual([null, null, null, null, null]);
});
