import { expect, test } from "vitest";
import { answered, type Reply } from "../common/problem.ts";
import { briefly } from "../state/strong/operations.test-helper.ts";
import { MAX_READS_WAITING, Readers } from "./readers.ts";

const QUORUM = { have: 1, need: 2 };

function readersWith(count = 1, deadline = 1_000) {
  const readers = new Readers("global", 0);
  const replies: string[] = [];
  for (let i = 0; i < count; i++) {
    const finish = (reply: Reply) => replies.push(briefly(reply));
    readers.submit({ answer: () => answered({ i }), deadline, finish });
  }
  return { readers, replies };
}

test("RAFT-30: a read is answered once this hub has applied up to its index", () => {
  const { readers, replies } = readersWith();
  readers.ready(readers.unasked(3, 10), 7);
  readers.appliedUpTo(6);
  expect(replies).toEqual([]);
  readers.appliedUpTo(7);
  expect([replies, readers.waiting]).toEqual([["200"], 0]);
});

test("RAFT-29: each attempt has its own name, and the index of one is not for another", () => {
  const { readers, replies } = readersWith();
  const first = readers.unasked(3, 10);
  expect(readers.unasked(3, 10)).toEqual([]);
  const second = readers.unasked(4, 10);
  readers.askAgain();
  const third = readers.unasked(4, 10);
  expect(new Set([...first, ...second, ...third]).size).toBe(3);
  readers.ready(first, 1);
  readers.ready(second, 1);
  readers.appliedUpTo(9);
  expect(replies).toEqual([]);
  readers.ready(third, 5);
  readers.ready(third, 1);
  readers.appliedUpTo(4);
  expect(replies).toEqual([]);
  readers.appliedUpTo(5);
  expect(replies).toEqual(["200"]);
});

test("RAFT-30: refused by a leader that cannot commit, or when nobody can be elected, it is told so at once", () => {
  const { readers, replies } = readersWith(3);
  const [first = 0, second = 0] = readers.unasked(3, 2);
  readers.ready([first], 4);
  readers.refusedBy([first, second, 99], QUORUM);
  expect(replies).toEqual(["503 no_quorum"]);
  readers.fail(QUORUM);
  // What a leader has vouched for needs no quorum any more.
  expect([replies.length, readers.waiting]).toEqual([2, 1]);
});

test("RAFT-30: at its deadline it is told that nobody vouched", () => {
  const { readers, replies } = readersWith();
  expect(readers.nextDeadline()).toBe(1_000);
  readers.expire(999, QUORUM);
  readers.expire(1_000, QUORUM);
  expect([replies, readers.nextDeadline()]).toEqual([["503 no_quorum"], Number.POSITIVE_INFINITY]);
});

test("RAFT-31: as many wait as may; one more is refused", () => {
  const { readers, replies } = readersWith(MAX_READS_WAITING + 1);
  expect([replies, readers.unasked(1, 10).length]).toEqual([["429 too_many_reads"], 10]);
});
