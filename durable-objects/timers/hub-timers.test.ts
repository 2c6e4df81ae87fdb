import { expect, test } from "vitest";
import { HubTimers } from "./hub-timers.ts";
import { ALARM_GRANULARITY_MS } from "./wake-plan.ts";

/** Clocks that a test turns by hand. */
function handClocks() {
  const state = { now: 0, alarms: [] as number[], pending: new Set<{ at: number; callback: () => void }>() };
  return {
    state,
    now: () => state.now,
    setAlarm: (at: number) => void state.alarms.push(at),
    after: (delayMs: number, callback: () => void) => {
      const entry = { at: state.now + delayMs, callback };
      state.pending.add(entry);
      return () => void state.pending.delete(entry);
    },
    turnTo(now: number) {
      state.now = now;
      for (const entry of [...state.pending]) {
        if (entry.at > now) continue;
        state.pending.delete(entry);
        entry.callback();
      }
    },
  };
}

function fixture(armedAt: number | null = null) {
  const clocks = handClocks();
  const fired: string[] = [];
  const timers = new HubTimers(clocks, armedAt, (due) =>
    fired.push(...due.map(({ timer, token }) => `${timer}#${token}`)),
  );
  return { clocks, fired, timers };
}

test("a near timer fires in memory, once, with its newest token", () => {
  const { clocks, fired, timers } = fixture();
  timers.set("hub", 100, 1);
  timers.replan();
  timers.set("hub", 200, 2);
  timers.replan();
  clocks.turnTo(150);
  expect(fired).toEqual([]);
  clocks.turnTo(200);
  clocks.turnTo(5_000);
  expect(fired).toEqual(["hub#2"]);
  expect(clocks.state.alarms).toEqual([ALARM_GRANULARITY_MS]);
});

test("the alarm fires what memory has lost, and ringing twice does nothing more", () => {
  const { clocks, fired, timers } = fixture();
  timers.set("hub", 30_000, 7);
  timers.replan();
  expect(clocks.state.pending.size).toBe(0);
  clocks.state.now = 30_004;
  timers.rang();
  timers.rang();
  expect(fired).toEqual(["hub#7"]);
});

test("an alarm left behind by an earlier run is used and not paid for again", () => {
  const { clocks, timers } = fixture(6_000);
  timers.set("hub", 500, 1);
  timers.replan();
  expect(clocks.state.alarms).toEqual([]);
});

test("an alarm that rings early arms the rest of the way", () => {
  const { clocks, fired, timers } = fixture(6_000);
  timers.set("hub", 10_500, 1);
  timers.replan();
  clocks.state.now = 6_000;
  timers.rang();
  expect(fired).toEqual([]);
  clocks.turnTo(10_500);
  expect(fired).toEqual(["hub#1"]);
});
