/** To whom a vote goes (Raft §5.2, §5.4.1). */
import { expect, test } from "vitest";
import { diskWith, LINEAGE, replicaOf, votersOf } from "../consensus.test-helper.ts";
import { Actor, only, says } from "./actor.test-helper.ts";

const THREE = { configuration: votersOf(["a", "b", "c"]) };

test.each([
  [null, "b", true],
  [null, "c", true],
  ["b", "b", true],
  ["c", "c", true],
  ["b", "c", false],
  ["c", "b", false],
] as const)("RAFT-2: having voted for %s, it gives %s its vote: %s", (votedFor, from, granted) => {
  const actor = Actor.with("a", { ...THREE, term: 1, votedFor });
  const sent = actor.hears(from, says("raft-vote", 1));
  expect(sent).toEqual([{ to: from, message: says("raft-voted", 1, { granted }) }]);
});

test("RAFT-2, RAFT-19: a vote that was persisted is not given again after a crash, though its answer was lost", () => {
  const actor = Actor.with("a", THREE);
  actor.hears("b", says("raft-vote", 3));
  expect(actor.out.late).toEqual([]);
  const again = actor.restarts();
  expect(only(again.hears("c", says("raft-vote", 3)), "raft-voted")).toMatchObject([{ granted: false }]);
  expect(only(again.hears("b", says("raft-vote", 3)), "raft-voted")).toMatchObject([{ granted: true }]);
});

test.each([
  ["its first replica, which it voted for", 1, 1, true],
  ["its second, which it voted for", 2, 2, true],
  ["the hub that it voted for, which lost its storage since", 1, 2, false],
  ["the storage that it had before", 2, 1, false],
  ["one whose vote was stored without its replica", 0, 1, false],
  ["one that says it is no replica, likewise", 0, 0, false],
] as const)("RAFT-2, RAFT-37: asked again in a term by %s", (_, voted, asks, granted) => {
  const vote = { lineage: LINEAGE, term: 3, votedFor: replicaOf("b", voted) };
  const disk = diskWith(THREE);
  disk.vote = vote;
  const actor = new Actor("a", disk);
  const sent = actor.hears("b", says("raft-vote", 3, { from: asks }));
  expect(sent).toEqual([{ to: "b", message: says("raft-voted", 3, { granted, to: asks }) }]);
  expect(actor.disk.vote).toEqual(vote);
  // In the next term it is as good a candidate as any.
  const later = actor.hears("b", says("raft-vote", 4, { from: 2 }));
  expect(only(later, "raft-voted")).toMatchObject([{ granted: true, to: 2 }]);
  expect(actor.disk.vote).toEqual({ lineage: LINEAGE, term: 4, votedFor: replicaOf("b", 2) });
});

test("RAFT-2: a candidate votes for itself, also after a crash, and leads no term again", () => {
  const again = Actor.leading("a", { ...THREE, terms: [1] }, ["b"]).restarts();
  expect([again.role, again.state.term, again.state.votedFor]).toEqual(["follower", 2, replicaOf("a")]);
  expect(only(again.hears("c", says("raft-vote", 2, { lastTerm: 9 })), "raft-voted")).toMatchObject([
    { granted: false },
  ]);
});

test.each([
  [[1], 1, 1, true],
  [[1], 1, 2, true],
  [[1, 1], 1, 1, false],
  [[1], 2, 1, true],
  [[1], 2, 2, true],
  [[1, 1], 2, 1, true],
  [[2], 1, 1, false],
  [[2], 1, 2, false],
  [[2, 1].reverse(), 1, 1, false],
] as const)(
  "RAFT-3: with a log of %j, a candidate whose log ends in term %i at %i: %s",
  (terms, lastTerm, lastIndex, granted) => {
    for (const pre of [false, true]) {
      const actor = Actor.with("a", { ...THREE, terms, term: 2 });
      const sent = actor.hears("b", says("raft-vote", 3, { lastTerm, lastIndex, pre }));
      expect(only(sent, "raft-voted")).toMatchObject([{ granted, pre }]);
    }
  },
);
