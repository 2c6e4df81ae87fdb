import fc from "fast-check";
import { expect, test } from "vitest";
import { ALARM_GRANULARITY_MS, NEAR_MS, planWake } from "./wake-plan.ts";

const NOW = 1_000_000;

test("a near timer runs in memory, with the alarm behind it at the granularity", () => {
  expect(planWake(NOW + 500, null, NOW)).toEqual({ memoryAt: NOW + 500, alarmAt: NOW + ALARM_GRANULARITY_MS });
});

test("a far timer is left to the alarm, so that the object may hibernate", () => {
  expect(planWake(NOW + 30_000, null, NOW)).toEqual({ memoryAt: null, alarmAt: NOW + 30_000 });
});

test("a timer that is neither near nor far waits for the alarm as well", () => {
  expect(planWake(NOW + NEAR_MS, NOW, NOW).memoryAt).toBe(NOW + NEAR_MS);
  expect(planWake(NOW + NEAR_MS + 1, null, NOW)).toEqual({ memoryAt: null, alarmAt: NOW + ALARM_GRANULARITY_MS });
});

test("an alarm that rings early enough is not set again", () => {
  expect(planWake(NOW + 500, NOW + 9_000, NOW).alarmAt).toBeNull();
  expect(planWake(NOW + 30_000, NOW + 9_000, NOW).alarmAt).toBeNull();
});

test("an alarm that rings too late is brought forward", () => {
  expect(planWake(NOW + 12_000, NOW + 60_000, NOW).alarmAt).toBe(NOW + 12_000);
});

test("an overdue timer runs in memory at once", () => {
  expect(planWake(NOW - 5, NOW + 4_000, NOW)).toEqual({ memoryAt: NOW - 5, alarmAt: null });
});

test("a hub without timers sets no clock at all", () => {
  expect(planWake(Number.POSITIVE_INFINITY, null, NOW)).toEqual({ memoryAt: null, alarmAt: null });
});

test("a hub that ticks twice a second sets the alarm once in the granularity, not at every tick", () => {
  let armedAt: number | null = null;
  let settings = 0;
  for (let now = NOW; now < NOW + 60_000; now += 500) {
    if (armedAt !== null && armedAt <= now) armedAt = null;
    const plan = planWake(now + 500, armedAt, now);
    if (plan.alarmAt === null) continue;
    armedAt = plan.alarmAt;
    settings += 1;
  }
  expect(settings).toBe(6);
});

test("every timer is covered by an alarm no later than the granularity after it is due", () => {
  const time = fc.integer({ min: NOW - 100_000, max: NOW + 100_000 });
  fc.assert(
    fc.property(time, fc.option(time), (earliest, armedAt) => {
      const { alarmAt } = planWake(earliest, armedAt, NOW);
      const rings = alarmAt ?? armedAt;
      expect(rings).not.toBeNull();
      expect(rings).toBeLessThanOrEqual(Math.max(earliest, NOW) + ALARM_GRANULARITY_MS);
    }),
  );
});
