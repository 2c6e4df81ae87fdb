import { expect, test } from "vitest";
import { votersOf } from "../consensus.test-helper.ts";
import { FollowerTally } from "./follower-tally.ts";

const FIVE = votersOf(["a", "b", "c", "d", "e"]);

function tallyOf(matches: Record<string, number>, term = 3): FollowerTally {
  const tally = new FollowerTally();
  for (const [hubId, match] of Object.entries(matches)) tally.acknowledged(term, hubId, 1, match);
  return tally;
}

test("RAFT-25: it counts as the leader does", () => {
  expect(tallyOf({ a: 9, b: 9, c: 7 }).committed(3, FIVE)).toBe(7);
  expect(tallyOf({ a: 9, b: 9 }).committed(3, FIVE)).toBe(0);
  expect(tallyOf({ a: 9, b: 9, c: 9, d: 4 }).committed(3, { ...FIVE, threshold: 800_000 })).toBe(4);
});

test("RAFT-25: of a joint configuration both halves must have it", () => {
  const joint = votersOf(["a", "b", "c"], { outgoing: ["a", "d", "e"] });
  expect(tallyOf({ a: 9, b: 9, c: 9 }).committed(3, joint)).toBe(0);
  expect(tallyOf({ a: 9, b: 9, d: 6 }).committed(3, joint)).toBe(6);
});

test("RAFT-25: another term begins from nothing, and an earlier one counts no more", () => {
  const tally = tallyOf({ a: 9, b: 9, c: 9 });
  tally.acknowledged(4, "a", 1, 5);
  expect([tally.committed(3, FIVE), tally.committed(4, FIVE), tally.matchOf(4, "a", 1)]).toEqual([0, 0, 5]);
  tally.acknowledged(3, "b", 1, 9);
  expect(tally.matchOf(4, "b", 1)).toBe(0);
});

test("RAFT-25: a late answer takes nothing back, and another replica of a name is another", () => {
  const tally = tallyOf({ a: 9 });
  tally.acknowledged(3, "a", 1, 2);
  tally.acknowledged(3, "b", 2, 9);
  tally.acknowledged(3, "c", 1, 9);
  expect([tally.matchOf(3, "a", 1), tally.committed(3, FIVE), tally.committed(3, votersOf(["a", "c"]))]).toEqual([
    9, 0, 9,
  ]);
});
