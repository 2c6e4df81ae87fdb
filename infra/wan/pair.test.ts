import { expect, test } from "vitest";
import { changed, oneWayDelay, type Pair } from "./pair.ts";

const pair: Pair = { from: "us-east", to: "eu-west", rttMs: 70, extraMs: 0, loss: 0, cut: false };

test("one way takes half the round trip, and at most 2 % more", () => {
  expect(oneWayDelay(pair, () => 0)).toBe(35);
  expect(oneWayDelay(pair, () => 1)).toBeCloseTo(35.7);
});

test("a slow pair takes half of what was added, each way", () => {
  expect(oneWayDelay(changed(pair, { kind: "slow", extraMs: 100 }), () => 0)).toBe(85);
});

test("a lost chunk waits for its retransmission, twice as long each time, and not for ever", () => {
  const lossy = changed(pair, { kind: "loss", loss: 0.5 });
  const draws = [0, 0.4, 0.4, 0.6];
  expect(oneWayDelay(lossy, () => draws.shift() ?? 1)).toBe(35 + 200 + 400);
  expect(oneWayDelay(changed(pair, { kind: "loss", loss: 1 }), () => 0)).toBe(35 + 200 * 63);
});

test("healing undoes a cut, slowness and loss alike", () => {
  const bad = changed(changed(changed(pair, { kind: "cut", reset: false }), { kind: "slow", extraMs: 9 }), {
    kind: "loss",
    loss: 1,
  });
  expect(bad.cut).toBe(true);
  expect(changed(bad, { kind: "heal" })).toEqual(pair);
});
