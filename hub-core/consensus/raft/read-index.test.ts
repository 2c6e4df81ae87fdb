import { expect, test } from "vitest";
import { MAX_WAITING, ReadIndex } from "./read-index.ts";

let round = 0;
const next = () => ++round;
const read = (...ids: number[]) => ({ from: null, ids });

test("RAFT-27: reads share a round, and have the commit index of its beginning", () => {
  round = 0;
  const reads = new ReadIndex();
  reads.ask(read(1));
  reads.ask({ from: "b", ids: [7, 8] });
  expect(reads.begin(next, 10)).toBe(true);
  reads.ask(read(2));
  expect(reads.begin(next, 12)).toBe(true);
  expect(reads.begin(next, 12)).toBe(false);
  expect(reads.confirmed(1)).toEqual([
    { ...read(1), index: 10 },
    { from: "b", ids: [7, 8], index: 10 },
  ]);
  expect([reads.earliestRound, reads.idle]).toEqual([2, false]);
  expect(reads.confirmed(1)).toEqual([]);
});

test("RAFT-27: a later round confirms the earlier ones, at the index of each", () => {
  round = 0;
  const reads = new ReadIndex();
  for (const [id, commit] of [
    [1, 10],
    [2, 11],
    [3, 12],
  ] as const) {
    reads.ask(read(id));
    reads.begin(next, commit);
  }
  expect(reads.confirmed(2).map(({ index }) => index)).toEqual([10, 11]);
  expect(reads.confirmed(3).map(({ index }) => index)).toEqual([12]);
  expect(reads.idle).toBe(true);
});

test("RAFT-27: at most eight rounds at once; the reads of meanwhile share the ninth", () => {
  round = 0;
  const reads = new ReadIndex();
  for (let i = 0; i < 20; i++) {
    reads.ask(read(i));
    reads.begin(next, i);
  }
  expect(round).toBe(8);
  reads.confirmed(1);
  expect(reads.begin(next, 99)).toBe(true);
  expect(reads.confirmed(9).at(-1)).toEqual({ ...read(19), index: 99 });
});

test("RAFT-29: what is abandoned is abandoned whole, and its indexes with it", () => {
  round = 0;
  const reads = new ReadIndex();
  reads.ask(read(1));
  reads.begin(next, 10);
  reads.ask(read(2));
  expect(reads.abandon()).toEqual([read(1), read(2)]);
  expect([reads.idle, reads.confirmed(99)]).toEqual([true, []]);
});

test("RAFT-31: as many wait as may, and there is room again once they are on their way", () => {
  const reads = new ReadIndex();
  const ids = Array.from({ length: 1_024 }, (_, i) => i);
  for (let i = 0; i < MAX_WAITING / ids.length; i++) expect(reads.ask(read(...ids))).toBe(true);
  expect(reads.ask(read(1))).toBe(false);
  reads.begin(next, 1);
  expect(reads.ask(read(1))).toBe(true);
});
