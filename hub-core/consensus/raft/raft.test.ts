/** One test for each sentence of the paper that elections and terms rest on, as etcd's raft_paper_test.go has them. */
import { expect, test } from "vitest";
import type { HubId } from "../../common/types.ts";
import { diskWith, replicaOf, votersOf } from "../consensus.test-helper.ts";
import { Actor, only, says } from "./actor.test-helper.ts";

const THREE = { configuration: votersOf(["a", "b", "c"]) };
const FIVE = { configuration: votersOf(["a", "b", "c", "d", "e"]) };

function inRole(role: "follower" | "candidate" | "leader"): Actor {
  const actor = Actor.with("a", { ...THREE, term: 1, terms: [1] });
  if (role === "follower") actor.hears("b", says("raft-append", 1));
  if (role === "candidate") {
    actor.timeOut();
    actor.hears("b", says("raft-voted", 2, { pre: true }));
  }
  if (role === "leader") actor.elect(["b"]);
  expect(actor.role).toBe(role);
  return actor;
}

test.each(["follower", "candidate", "leader"] as const)("RAFT-1: a later term is taken over, by a %s too", (role) => {
  const actor = inRole(role);
  actor.hears("c", says("raft-append", 9));
  expect([actor.role, actor.state.term, actor.state.leader, actor.disk.vote.term]).toEqual(["follower", 9, "c", 9]);
});

test.each(["follower", "candidate", "leader"] as const)("RAFT-1: an earlier term changes nothing at a %s", (role) => {
  const actor = inRole(role);
  const before = [actor.role, actor.state.term, actor.state.leader, actor.terms.length];
  const sent = actor.hears("c", says("raft-append", 0, { prevIndex: 1, prevTerm: 1 }));
  expect(sent).toEqual([{ to: "c", message: says("raft-voted", actor.state.term, { granted: false }) }]);
  actor.hears("c", says("raft-appended", 0, { match: 1 }));
  actor.hears("c", says("raft-voted", 0));
  actor.hears("c", says("raft-timeout-now", 0));
  expect([actor.role, actor.state.term, actor.state.leader, actor.terms.length]).toEqual(before);
});

test("RAFT-1: a leader that is told of a later term follows, and gives up its reads", () => {
  const actor = inRole("leader");
  actor.raft.read({ from: null, ids: [1] }, actor.now, actor.out);
  actor.hears("b", says("raft-voted", 7, { granted: false }));
  expect([actor.role, actor.state.term, actor.raft.readsAbandoned]).toEqual([
    "follower",
    7,
    [{ from: null, ids: [1] }],
  ]);
});

test("RAFT-4: votes of hubs that are no voters, and of another replica of a voter, elect nobody", () => {
  const actor = Actor.with("a", FIVE);
  actor.timeOut();
  for (const from of ["x", "y", "z"]) actor.hears(from, says("raft-voted", 1, { pre: true }));
  for (const from of ["b", "c"]) actor.hears(from, says("raft-voted", 1, { pre: true, from: 2 }));
  expect([actor.role, actor.state.term]).toEqual(["candidate", 0]);
  for (const from of ["b", "c"]) actor.hears(from, says("raft-voted", 1, { pre: true }));
  expect(actor.state.term).toBe(1);
});

test("RAFT-4: answers to another question, or from another term, are no votes", () => {
  const actor = Actor.with("a", THREE);
  actor.timeOut();
  actor.hears("b", says("raft-voted", 1, { pre: false }));
  expect(actor.state.term).toBe(0);
  actor.hears("b", says("raft-voted", 1, { pre: true }));
  actor.hears("b", says("raft-voted", 1, { pre: true }));
  actor.hears("c", says("raft-voted", 0));
  expect([actor.role, actor.state.term]).toEqual(["candidate", 1]);
});

test.each(["follower", "leader"] as const)("RAFT-5: a %s does not follow another leader of its term", (role) => {
  const actor = inRole(role);
  const before = actor.terms;
  const entries = [new Uint8Array()];
  const sent = actor.hears("c", says("raft-append", actor.state.term, { prevIndex: 0, entries }));
  expect([actor.role, actor.state.leader, actor.terms, sent]).toEqual([
    role,
    role === "leader" ? "a" : "b",
    before,
    [],
  ]);
  expect(actor.out.logged).toContain("consensus_second_leader");
});

test.each([1, 2])("RAFT-5: a candidate follows the leader of its term, and of a later one (+%i)", (later) => {
  const actor = inRole("candidate");
  const term = actor.state.term + later - 1;
  actor.hears("b", says("raft-append", term));
  expect([actor.role, actor.state.term, actor.state.leader]).toEqual(["follower", term, "b"]);
});

test("RAFT-6: it starts as a follower", () => {
  expect(Actor.with("a", THREE).role).toBe("follower");
});

test.each(["follower", "candidate"] as const)(
  "RAFT-6: a %s that hears nothing stands again, at times drawn anew",
  (role) => {
    const times = new Set<number>();
    for (let seed = 1; seed <= 200; seed++) {
      const actor = Actor.with("a", { ...THREE, term: 1 }, seed);
      if (role === "candidate") actor.timeOut();
      times.add(Math.floor((actor.raft.nextDeadline() - actor.now) / 100));
      const [first] = only(actor.timeOut(), "raft-vote");
      expect(first).toMatchObject({ pre: true, term: 2 });
    }
    expect([...times].sort((a, b) => a - b)).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
  },
);

test("RAFT-6: of five that time out, one is mostly alone", () => {
  let conflicts = 0;
  for (let round = 0; round < 300; round++) {
    const times = ["a", "b", "c", "d", "e"].map((id, i) => Actor.with(id, FIVE, 5 * round + i + 1).raft.nextDeadline());
    const [first, second] = times.sort((a, b) => a - b) as [number, number];
    // Less than a round trip of a region apart.
    if (second - first < 20) conflicts += 1;
  }
  expect(conflicts / 300).toBeLessThan(0.3);
});

test("RAFT-7: it asks first, which changes nothing; then it raises its term, votes for itself and asks everyone", () => {
  const actor = Actor.with("a", { ...THREE, terms: [1, 1] });
  const asked = only(actor.timeOut(), "raft-vote");
  expect(asked).toMatchObject([
    { pre: true, term: 2, lastIndex: 2, lastTerm: 1, transfer: false },
    { pre: true, term: 2 },
  ]);
  expect([actor.state.term, actor.disk.vote.votedFor]).toEqual([1, null]);
  const earnest = only(actor.hears("b", says("raft-voted", 2, { pre: true })), "raft-vote");
  expect(earnest).toMatchObject([
    { pre: false, term: 2, lastIndex: 2, lastTerm: 1 },
    { pre: false, term: 2 },
  ]);
  expect(actor.disk.vote).toMatchObject({ term: 2, votedFor: replicaOf("a") });
  expect(actor.out.late).toEqual([]);
});

test("RAFT-7: a promise binds nobody", () => {
  const actor = Actor.with("a", { ...THREE, term: 1 });
  for (const from of ["b", "c", "b"]) {
    expect(only(actor.hears(from, says("raft-vote", 2, { pre: true })), "raft-voted")).toMatchObject([
      { granted: true, term: 2 },
    ]);
  }
  expect([actor.state.term, actor.disk.vote]).toEqual([1, { lineage: 7, term: 1, votedFor: null }]);
});

test("RAFT-7: refused by one of a later term, it takes that over and asks for the next", () => {
  const actor = Actor.with("a", THREE);
  actor.timeOut();
  actor.hears("b", says("raft-voted", 5, { pre: true, granted: false }));
  expect([actor.role, actor.state.term]).toEqual(["follower", 5]);
  expect(only(actor.timeOut(), "raft-vote")).toMatchObject([{ term: 6 }, { term: 6 }]);
});

test("RAFT-8: who hears its leader refuses, and keeps its term; later it does not", () => {
  const actor = inRole("follower");
  actor.passes(500);
  for (const pre of [true, false]) {
    const sent = only(actor.hears("c", says("raft-vote", 9, { pre, lastTerm: 9 })), "raft-voted");
    expect([sent, actor.state.term]).toMatchObject([[{ granted: false, term: 1 }], 1]);
  }
  actor.passes(500);
  expect(only(actor.hears("c", says("raft-vote", 9, { pre: true, lastTerm: 9 })), "raft-voted")).toMatchObject([
    { granted: true },
  ]);
});

test("RAFT-8: a leader that a majority hears refuses, and reminds who asked", () => {
  const actor = inRole("leader");
  const sent = actor.hears("c", says("raft-vote", 9, { pre: true, lastTerm: 9 }));
  expect(only(sent, "raft-voted")).toMatchObject([{ granted: false, term: 2 }]);
  expect(sent.filter(({ message }) => message.kind === "raft-append").map(({ to }) => to)).toEqual(["c"]);
  for (const from of ["b", "c"]) actor.doubts(from);
  expect(only(actor.hears("c", says("raft-vote", 9, { pre: true, lastTerm: 9 })), "raft-voted")).toMatchObject([
    { granted: true },
  ]);
});

test("RAFT-9: a leader that hears less than a majority for an election time-out leads no more", () => {
  const actor = inRole("leader");
  for (let i = 0; i < 30; i++) {
    actor.passes(100);
    actor.hears("b", says("raft-appended", 2, { match: 2 }));
    expect(actor.role).toBe("leader");
  }
  actor.passes(2_000);
  expect([actor.role, actor.state.leader, actor.state.term]).toEqual(["follower", null, 2]);
});

test("RAFT-9: one that was paused concludes nothing, and then listens again", () => {
  const actor = inRole("leader");
  actor.now += 60_000;
  actor.raft.tick(actor.now, actor.out);
  expect(actor.role).toBe("leader");
  actor.passes(2_100);
  expect(actor.role).toBe("follower");
});

test("RAFT-10: voters that doubt their leader ask one after another, at once", () => {
  const times = ["b", "c", "d", "e"].map((id) => {
    const actor = Actor.with(id, FIVE);
    actor.hears("a", says("raft-append", 1));
    actor.doubts("a");
    return actor.raft.nextDeadline();
  });
  times.forEach((at, place) => {
    expect(at).toBeGreaterThanOrEqual(15 * place);
    expect(at).toBeLessThan(15 * (place + 1));
  });
});

test("RAFT-10: who doubts refuses nobody for that leader's sake; when it is heard again it is waited for again", () => {
  const actor = inRole("follower");
  actor.doubts("b");
  expect(only(actor.hears("c", says("raft-vote", 2, { pre: true, lastTerm: 9 })), "raft-voted")).toMatchObject([
    { granted: true },
  ]);
  actor.doubts("b", false);
  expect(actor.raft.nextDeadline() - actor.now).toBeGreaterThanOrEqual(1_000);
  expect(only(actor.hears("c", says("raft-vote", 2, { pre: true, lastTerm: 9 })), "raft-voted")).toMatchObject([
    { granted: false },
  ]);
});

test.each([
  ["a", "follower"],
  ["c", "candidate"],
  ["z", "candidate"],
] as const)("RAFT-10: b, which only asks so far, is asked by %s: it is a %s then", (from, role) => {
  const actor = Actor.with("b", FIVE);
  actor.timeOut();
  expect(only(actor.hears(from, says("raft-vote", 1, { pre: true })), "raft-voted")).toMatchObject([{ granted: true }]);
  expect(actor.role).toBe(role);
  const earnest = Actor.leading("b", FIVE, ["c", "d"]);
  expect(only(earnest.hears(from, says("raft-vote", 2, { pre: true, lastTerm: 9 })), "raft-voted")).toMatchObject([
    { granted: false },
  ]);
  expect(earnest.role).toBe("leader");
});

test("RAFT-10: doubts of others than its leader are nothing to a follower", () => {
  const actor = inRole("follower");
  const before = actor.raft.nextDeadline();
  actor.doubts("c");
  expect(actor.raft.nextDeadline()).toBe(before);
});

test("RAFT-11: a learner asks for no election, whatever it doubts and is told, and answers one", () => {
  const actor = Actor.with("z", { configuration: votersOf(["a", "b"], { learners: ["z"] }) });
  actor.hears("a", says("raft-append", 1));
  actor.doubts("a");
  actor.hears("a", says("raft-timeout-now", 1));
  expect([actor.raft.nextDeadline(), actor.role]).toEqual([Number.POSITIVE_INFINITY, "follower"]);
  expect(only(actor.hears("b", says("raft-vote", 2)), "raft-voted")).toMatchObject([{ granted: true }]);
});

test("RAFT-11: a voter that votes no more by the time of its time-out does not ask", () => {
  const actor = inRole("follower");
  const configuration = votersOf(["b", "c"]);
  actor.state.appendOwn({ kind: "configuration", configuration }, 0, actor.out);
  expect(actor.timeOut()).toEqual([]);
  expect(actor.raft.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
});

test("RAFT-12: a leader that asks to be elected leads no more, however silent it said it would be", () => {
  const actor = Actor.with("a", { ...FIVE, terms: [1] });
  actor.hears("b", says("raft-append", 1, { prevIndex: 1, prevTerm: 1, commit: 1, quiesce: true }));
  expect([actor.raft.quiet, actor.raft.nextDeadline()]).toEqual([true, Number.POSITIVE_INFINITY]);
  const sent = actor.hears("b", says("raft-vote", 2, { pre: true, lastTerm: 1, lastIndex: 1 }));
  expect(only(sent, "raft-voted")).toMatchObject([{ granted: true }]);
  expect([actor.state.leader, actor.raft.quiet]).toEqual([null, false]);
  // A question of before that leadership says nothing of it.
  actor.hears("b", says("raft-append", 1, { prevIndex: 1, prevTerm: 1 }));
  actor.hears("b", says("raft-vote", 1, { pre: true, lastTerm: 1, lastIndex: 1 }));
  expect(actor.state.leader).toBe("b");
});

test("RAFT-49: a follower of a silent leader waits for it no longer than from the first voter that asks", () => {
  const silent = (from: HubId): Actor => {
    const actor = Actor.with("a", { ...FIVE, terms: [1] });
    actor.hears("b", says("raft-append", 1, { prevIndex: 1, prevTerm: 1, commit: 1, quiesce: true }));
    actor.passes(60_000);
    const ask = says("raft-vote", 2, { pre: true, lastTerm: 1, lastIndex: 1 });
    expect(only(actor.hears(from, ask), "raft-voted")).toMatchObject([{ granted: false }]);
    return actor;
  };
  const actor = silent("c");
  actor.passes(1_000);
  const ask = says("raft-vote", 2, { pre: true, lastTerm: 1, lastIndex: 1 });
  expect(only(actor.hears("c", ask), "raft-voted")).toMatchObject([{ granted: true }]);
  // A hub that was removed and does not know it wakes nobody.
  expect(silent("stranger").raft.quiet).toBe(true);
});

test("RAFT-20: terms that no group lives to see are not taken over", () => {
  for (const role of ["follower", "candidate", "leader"] as const) {
    const actor = inRole(role);
    const { term } = actor.state;
    for (const kind of ["raft-append", "raft-vote", "raft-voted", "raft-timeout-now", "raft-appended"] as const) {
      actor.hears("b", says(kind, Number.MAX_SAFE_INTEGER));
    }
    actor.hears("b", says("raft-voted", Number.MAX_SAFE_INTEGER, { granted: false }));
    expect([actor.role, actor.state.term]).toEqual([role, term]);
  }
});

test("RAFT-37: a group that is founded begins with who founded it", () => {
  const disk = diskWith({ configuration: votersOf([]) });
  disk.vote = { lineage: 0, term: 0, votedFor: null };
  const actor = new Actor("a", disk);
  actor.raft.found(99, votersOf(["a"], { threshold: 600_000 }), 0, actor.out);
  expect(actor.disk.vote).toEqual({ lineage: 99, term: 1, votedFor: replicaOf("a") });
  expect([actor.role, actor.state.commit, actor.state.configuration]).toEqual([
    "leader",
    2,
    { voters: [{ hubId: "a", replica: 1 }], outgoing: null, learners: [], threshold: 600_000 },
  ]);
  expect(actor.restarts().state.lineage).toBe(99);
});

test("RAFT-45: told to stand for election, it does not ask first; but only by its leader, in its term", () => {
  const actor = inRole("follower");
  actor.hears("c", says("raft-timeout-now", 1));
  expect(actor.role).toBe("follower");
  expect(only(actor.hears("b", says("raft-timeout-now", 1)), "raft-vote")).toMatchObject([
    { pre: false, transfer: true, term: 2 },
    { pre: false, transfer: true, term: 2 },
  ]);
  const leader = inRole("leader");
  leader.hears("a", says("raft-timeout-now", 2));
  expect(leader.role).toBe("leader");
});

test("RAFT-45: an election that the leader asked for passes stickiness", () => {
  const actor = inRole("follower");
  const sent = actor.hears("c", says("raft-vote", 2, { transfer: true, lastTerm: 1, lastIndex: 1 }));
  expect(only(sent, "raft-voted")).toMatchObject([{ granted: true, term: 2 }]);
});
