import { expect, test } from "vitest";
import { Acquaintance } from "./acquaintance.ts";

function started(electionMs = 1_000): Acquaintance {
  const acquaintance = new Acquaintance(electionMs);
  acquaintance.start(["b", "c", "d"], 100);
  return acquaintance;
}

test("RAFT-62: who was not heard of by two election time-outs after the start is missed, once", () => {
  const acquaintance = started();
  acquaintance.met("c");
  expect(acquaintance.nextDeadline()).toBe(2_100);
  expect(acquaintance.missed(2_099)).toEqual([]);
  expect(acquaintance.missed(2_100)).toEqual(["b", "d"]);
  expect(acquaintance.missed(9_000)).toEqual([]);
  expect(acquaintance.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
});

test("RAFT-62: where elections are slow it takes three seconds, and nothing is due once all are met", () => {
  const acquaintance = started(20_000);
  expect(acquaintance.nextDeadline()).toBe(3_100);
  for (const hubId of ["b", "c", "d"]) acquaintance.met(hubId);
  expect(acquaintance.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
});

test("RAFT-62: a hub that was paused meanwhile was not listening, and listens first", () => {
  const acquaintance = started();
  expect(acquaintance.missed(60_000)).toEqual([]);
  expect(acquaintance.nextDeadline()).toBe(62_000);
  acquaintance.met("b");
  expect(acquaintance.missed(62_000)).toEqual(["c", "d"]);
});
