import { expect, test } from "vitest";
import { MAX_GRAFTS, MissingRumors } from "./missing-rumors.ts";

const id = { origin: "a", seq: 1 };
const here = (): boolean => false;

test("GOSSIP-4: announcers are asked one after another, with growing patience, a bounded number of times", () => {
  const missing = new MissingRumors(10);
  missing.announced(id, "x", 100);
  missing.announced(id, "y", 100);
  const asked: string[] = [];
  const waits: number[] = [];
  for (let last = 0; missing.nextDue !== Number.POSITIVE_INFINITY; ) {
    const now = missing.nextDue;
    waits.push(now - last);
    last = now;
    asked.push(...missing.due(now, here, () => 10).map(({ announcer }) => announcer));
  }
  expect(asked).toHaveLength(MAX_GRAFTS);
  expect(asked.slice(0, 4)).toEqual(["x", "y", "x", "y"]);
  expect(waits.slice(0, 4)).toEqual([100, 10, 20, 30]);
  expect(missing.size).toBe(0);
});

test("GOSSIP-4: nothing is asked for before its time, nor when it came meanwhile", () => {
  const missing = new MissingRumors(10);
  missing.announced(id, "x", 100);
  expect(missing.due(99, here, () => 10)).toEqual([]);
  expect(
    missing.due(
      100,
      () => true,
      () => 10,
    ),
  ).toEqual([]);
  expect(missing.size).toBe(0);
});

test("GOSSIP-4: an announcer that is gone is not asked, and without announcers a rumor is forgotten", () => {
  const missing = new MissingRumors(10);
  missing.announced(id, "x", 100);
  missing.announced(id, "y", 100);
  missing.peerGone("x");
  expect(missing.due(100, here, () => 10)).toEqual([{ ...id, announcer: "y" }]);
  missing.peerGone("y");
  expect(missing.size).toBe(0);
});

test("GOSSIP-4: past its limit an announcement is left to anti-entropy", () => {
  const missing = new MissingRumors(1);
  expect(missing.announced(id, "x", 100)).toBe(true);
  expect(missing.announced({ origin: "a", seq: 2 }, "x", 100)).toBe(false);
  expect(missing.size).toBe(1);
});
