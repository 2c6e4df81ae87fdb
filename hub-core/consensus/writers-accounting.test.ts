/** What a client is told, in every order in which hubs, leaders and clocks may speak. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { answered, type Reply } from "../common/problem.ts";
import { briefly, put } from "../state/strong/operations.test-helper.ts";
import { Batch } from "./batch.ts";
import { MAX_WRITES, Writers } from "./writers.ts";

const QUORUM = { have: 1, need: 2 };

function writersWith(count = 1, deadline = 1_000) {
  const writers = new Writers("global", "a", 1, 1);
  const replies: string[] = [];
  for (let i = 0; i < count; i++) {
    const finish = (reply: Reply) => replies.push(briefly(reply));
    writers.submit({ operation: put("k", i), idempotency: null, deadline, finish });
  }
  return { writers, replies };
}

function hand(writers: Writers, term: number): number[] {
  const batch = new Batch();
  writers.fill(batch, term);
  writers.handed(batch.commands, term);
  return batch.commands.map(({ session }) => session.seq);
}

const applied = (writers: Writers, seq: number, incarnation = 1) =>
  writers.applied({ hubId: "a", replica: 1, incarnation, seq, floor: 1 }, answered({}));

test("RAFT-52: what no leader was handed was not written: said at once when nobody can be elected, else in time", () => {
  const { writers, replies } = writersWith(2);
  writers.failUnhanded(QUORUM);
  expect(replies).toEqual(["503 no_quorum", "503 no_quorum"]);
  const late = writersWith();
  late.writers.expire(999, QUORUM);
  expect(late.replies).toEqual([]);
  late.writers.expire(1_000, QUORUM);
  expect(late.replies).toEqual(["503 no_quorum"]);
});

test("RAFT-52: what one was handed, and did not show in the log, may be written", () => {
  const { writers, replies } = writersWith();
  hand(writers, 3);
  writers.failUnhanded(QUORUM);
  expect(replies).toEqual([]);
  writers.expire(1_000, QUORUM);
  expect(replies).toEqual(["504 outcome_unknown"]);
});

test("RAFT-52: refused by the only leader that had it, it was not written; refused by one of two, it may be", () => {
  const one = writersWith();
  hand(one.writers, 3);
  one.writers.refusedBy(1, 3, QUORUM);
  expect(one.replies).toEqual(["503 no_quorum"]);
  const two = writersWith();
  hand(two.writers, 3);
  hand(two.writers, 4);
  two.writers.refusedBy(1, 4, QUORUM);
  two.writers.refusedBy(1, 4, QUORUM);
  two.writers.refusedBy(1, 3, QUORUM);
  expect(two.replies).toEqual([]);
  two.writers.expire(1_000, QUORUM);
  expect(two.replies).toEqual(["504 outcome_unknown"]);
});

test("RAFT-54: handed to each later leader, and again when nothing is heard, but to none that refused it", () => {
  const { writers } = writersWith(2);
  expect([hand(writers, 3), hand(writers, 3), hand(writers, 4)]).toEqual([[1, 2], [], [1, 2]]);
  writers.handAgain();
  expect(hand(writers, 4)).toEqual([1, 2]);
  writers.refusedBy(1, 4, QUORUM);
  writers.handAgain();
  expect([hand(writers, 4), hand(writers, 5)]).toEqual([[2], [1, 2]]);
});

test("RAFT-52: what shows in the log is told as it ended there, once; another run's is not this one's", () => {
  const { writers, replies } = writersWith(2);
  applied(writers, 1, 2);
  expect(replies).toEqual([]);
  applied(writers, 1);
  applied(writers, 1);
  expect([replies, writers.waiting]).toEqual([["200"], 1]);
});

test("RAFT-52: what a snapshot has passed over is looked up", () => {
  const { writers, replies } = writersWith(2);
  writers.lookUp(({ seq }) => (seq === 2 ? answered({}, 201) : undefined));
  expect([replies, writers.waiting]).toEqual([["201"], 1]);
});

test("RAFT-55: as many as may are under way; one more is refused", () => {
  const { writers, replies } = writersWith(MAX_WRITES + 1);
  expect([replies, writers.waiting, writers.nextDeadline()]).toEqual([["429 too_many_writes"], MAX_WRITES, 1_000]);
});

test("RAFT-52: whatever happens in whatever order, nobody is told that nothing was written of what may be", () => {
  const what = fc.constantFrom("hand", "hand-again", "refuse", "busy", "fail", "apply", "new-term");
  fc.assert(
    fc.property(fc.array(what, { maxLength: 30 }), (steps) => {
      const { writers, replies } = writersWith();
      /** Leaders that may have it in their log, as they know: had it and did not refuse it first. */
      const mayHave = new Set<number>();
      const refused = new Set<number>();
      let term = 1;
      for (const step of [...steps, "expire"]) {
        if (step === "new-term") term += 1;
        if (step === "hand-again") writers.handAgain();
        if (step === "hand" && hand(writers, term).length > 0 && !refused.has(term)) mayHave.add(term);
        if (step === "refuse") {
          // A leader that took it does not refuse it; one that refused it does not take it: `lost` is a copy that never came.
          const lost = mayHave.has(term);
          if (lost) {
            mayHave.delete(term);
            refused.add(term);
          }
          writers.refusedBy(1, term, QUORUM);
        }
        if (step === "fail") writers.failUnhanded(QUORUM);
        if (step === "apply" && mayHave.size > 0) applied(writers, 1);
        if (step === "expire") writers.expire(9_999, QUORUM);
        if (replies.length > 0) break;
      }
      expect(replies).toHaveLength(1);
      if (replies[0] === "503 no_quorum") expect([...mayHave]).toEqual([]);
    }),
  );
});
