import fc from "fast-check";
import { expect, test } from "vitest";
import { MAX_TIMERS, TimerTable } from "./timer-table.ts";

test("the newest setting of a timer replaces the earlier one", () => {
  const table = new TimerTable();
  table.set("hub", 500, 1);
  table.set("hub", 900, 2);
  expect(table.earliest).toBe(900);
  expect(table.takeDue(600)).toEqual([]);
  expect(table.takeDue(900)).toEqual([{ timer: "hub", token: 2 }]);
  expect(table.earliest).toBe(Number.POSITIVE_INFINITY);
});

test("what is due comes out once, earliest first, equal times by name", () => {
  const table = new TimerTable();
  table.set("b", 10, 1);
  table.set("a", 10, 2);
  table.set("c", 5, 3);
  table.set("d", 11, 4);
  expect(table.takeDue(10).map(({ timer }) => timer)).toEqual(["c", "a", "b"]);
  expect(table.takeDue(10)).toEqual([]);
});

test("an infinite time removes the timer", () => {
  const table = new TimerTable();
  table.set("hub", 500, 1);
  table.set("hub", Number.POSITIVE_INFINITY, 2);
  expect(table.takeDue(Number.MAX_SAFE_INTEGER)).toEqual([]);
});

test("a table past its limit refuses a new name and still takes the old ones", () => {
  const table = new TimerTable();
  for (let i = 0; i < MAX_TIMERS; i++) table.set(`t${i}`, i, i);
  expect(() => table.set("one more", 1, 1)).toThrow(RangeError);
  table.set("t0", 7_000, 9);
  expect(table.takeDue(6_999)).toHaveLength(MAX_TIMERS - 1);
});

test("no timer is lost and none fires early, whatever the order of settings", () => {
  const settings = fc.array(fc.record({ name: fc.constantFrom("a", "b", "c", "d"), at: fc.nat(1_000) }), {
    maxLength: 30,
  });
  fc.assert(
    fc.property(settings, fc.nat(1_000), (each, now) => {
      const table = new TimerTable();
      const newest = new Map<string, number>();
      each.forEach(({ name, at }, token) => {
        table.set(name, at, token);
        newest.set(name, at);
      });
      const due = [...newest].filter(([, at]) => at <= now).map(([name]) => name);
      expect(
        table
          .takeDue(now)
          .map(({ timer }) => timer)
          .sort(),
      ).toEqual(due.sort());
    }),
  );
});
