/** What a leader does with its office: changes of the configuration, transfer, silence. */
import { expect, test } from "vitest";
import type { HubId } from "../../common/types.ts";
import { replicaOf, votersOf } from "../consensus.test-helper.ts";
import { Actor, only, says } from "./actor.test-helper.ts";
import { Candidacy } from "./candidacy.ts";

const THREE = { configuration: votersOf(["a", "b", "c"]) };
const FIVE = { configuration: votersOf(["a", "b", "c", "d", "e"]) };

/** Leads the next term; its first entry is committed. */
function leader(setup: Parameters<typeof Actor.with>[1] = THREE, by: readonly HubId[] = ["b", "c"]): Actor {
  const actor = Actor.leading("a", setup, by);
  actor.acknowledged(actor.state.log.lastIndex, by);
  return actor;
}

const ask = (actor: Actor, ...ids: number[]) => actor.raft.read({ from: null, ids }, actor.now, actor.out);

// ── Membership ─────────────────────────────────────────────────────────────────────────────────────────────────────────

const joint = (voters: readonly HubId[], of: Actor) => ({
  ...votersOf(voters),
  outgoing: of.state.configuration.voters,
});

test("RAFT-38: a configuration counts from when it is in the log, and no more when it is truncated", () => {
  const actor = leader();
  actor.change(votersOf(["a", "b", "c"], { learners: ["z"] }));
  expect(actor.leadership.matchOf("z")).toBe(0);
  expect(actor.state.configuration.learners).toEqual([replicaOf("z")]);
  actor.hears("b", says("raft-append", 9, { prevIndex: 1, prevTerm: 1, entries: [] }));
  actor.state.truncate(2, actor.out);
  expect(actor.state.configuration).toEqual(THREE.configuration);
});

test("RAFT-39: one change at a time, and none before the term has begun", () => {
  const fresh = Actor.leading("a", THREE, ["b"]);
  expect(fresh.change(votersOf(["a", "b", "c"], { learners: ["z"] }))).toBe(false);
  fresh.acknowledged(1, ["b"]);
  expect(fresh.change(votersOf(["a", "b", "c"], { learners: ["z"] }))).toBe(true);
  expect(fresh.change(votersOf(["a", "b", "c"]))).toBe(false);
  fresh.acknowledged(2, ["b"]);
  expect(fresh.change(joint(["a", "b"], fresh))).toBe(true);
  fresh.acknowledged(3, ["b"]);
  // Joint no more, but that is not committed.
  expect([fresh.state.configuration.outgoing, fresh.change(votersOf(["a"]))]).toEqual([null, false]);
});

test("RAFT-40: both halves commit the joint configuration, then the leader ends it", () => {
  const actor = leader();
  actor.change(joint(["a", "d", "e"], actor));
  actor.acknowledged(2, ["b", "c"]);
  expect(actor.state.commit).toBe(1);
  actor.acknowledged(2, ["d"]);
  expect([actor.state.commit, actor.state.log.lastIndex, actor.state.configuration]).toEqual([
    2,
    3,
    votersOf(["a", "d", "e"]),
  ]);
  expect(actor.leadership.matchOf("b")).toBeNull();
});

test("RAFT-40: a new leader ends the joint configuration that it finds", () => {
  const configuration = votersOf(["a", "b", "c"], { outgoing: ["a", "b"] });
  const actor = Actor.leading("a", { configuration, terms: [1] }, ["b"]);
  actor.acknowledged(2, ["b"]);
  expect(actor.state.configuration).toEqual(votersOf(["a", "b", "c"]));
});

test("RAFT-37: another replica of a name begins from nothing", () => {
  const actor = leader(FIVE, ["b", "c", "d"]);
  const b = { hubId: "b", replica: 2 };
  const voters = FIVE.configuration.voters.filter(({ hubId }) => hubId !== "b");
  actor.change({ voters, outgoing: FIVE.configuration.voters, learners: [b], threshold: 0 });
  actor.acknowledged(2, ["c", "d"]);
  actor.acknowledged(3, ["b", "c", "d"]);
  expect([actor.state.commit, actor.leadership.matchOf("b")]).toEqual([3, 0]);
  actor.hears("b", says("raft-appended", 1, { match: 3, from: 2 }));
  expect(actor.leadership.matchOf("b")).toBe(3);
});

test("RAFT-44: a leader that votes no more leads until that is committed, then tells the voter that is furthest", () => {
  const actor = leader(FIVE, ["b", "c"]);
  actor.change(joint(["b", "c", "d"], actor));
  actor.acknowledged(2, ["b", "c"]);
  expect(actor.role).toBe("leader");
  actor.acknowledged(3, ["c"]);
  const sent = actor.acknowledged(3, ["b"]);
  expect(sent.filter(({ message }) => message.kind === "raft-timeout-now").map(({ to }) => to)).toEqual(["b"]);
  expect([actor.role, actor.raft.nextDeadline()]).toEqual(["follower", Number.POSITIVE_INFINITY]);
});

// ── Transfer ───────────────────────────────────────────────────────────────────────────────────────────────────────────

function transfer(actor: Actor, to: HubId) {
  actor.out.take();
  const begun = actor.leadership.transferTo(to, actor.now, actor.out);
  return { begun, told: actor.out.takeOf("raft-timeout-now").map(({ sentTo }) => sentTo) };
}

test("RAFT-45: a voter that has all is told at once; meanwhile nothing is proposed or changed", () => {
  const actor = leader();
  expect(transfer(actor, "b")).toEqual({ begun: true, told: ["b"] });
  expect([actor.leadership.mayPropose, actor.change(votersOf(["a"]))]).toEqual([false, false]);
  expect(transfer(actor, "c").begun).toBe(false);
});

test("RAFT-45: one that lacks something is told when it has it, once", () => {
  const actor = leader();
  actor.propose();
  expect(transfer(actor, "b")).toEqual({ begun: true, told: [] });
  expect(only(actor.acknowledged(2, ["b"]), "raft-timeout-now")).toHaveLength(1);
  expect(only(actor.acknowledged(2, ["b"]), "raft-timeout-now")).toHaveLength(0);
});

test("RAFT-45: after an election time-out it is off, and the leader goes on", () => {
  const actor = leader();
  transfer(actor, "b");
  for (let i = 0; i < 10; i++) {
    actor.acknowledged(1, ["b", "c"]);
    actor.passes(100);
  }
  expect([actor.role, actor.leadership.transferring, actor.leadership.mayPropose]).toEqual(["leader", null, true]);
});

test("RAFT-45: never to a learner, a stranger or in a joint configuration, nor before the term has begun", () => {
  const actor = leader({ configuration: votersOf(["a", "b", "c"], { learners: ["z"] }) });
  for (const to of ["z", "x", "a"]) expect(transfer(actor, to).begun).toBe(false);
  expect(transfer(Actor.leading("a", THREE, ["b"]), "b").begun).toBe(false);
  actor.change(joint(["a", "b"], actor));
  expect(transfer(actor, "b").begun).toBe(false);
});

// ── Quiescence ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Heartbeats that these answer, until it falls silent; at most five seconds. */
function rest(actor: Actor, by: readonly HubId[]) {
  for (let i = 0; i < 50 && !actor.raft.quiet; i++) {
    const sent = actor.passes(100);
    if (actor.raft.quiet) return sent;
    actor.acknowledged(actor.state.log.lastIndex, by);
  }
  return [];
}

test("RAFT-47: with nothing to do for a while it says that it will be silent, and is", () => {
  const actor = leader();
  const last = rest(actor, ["b", "c"]);
  expect(only(last, "raft-append")).toMatchObject([{ quiesce: true }, { quiesce: true }]);
  expect([actor.now >= 2_000, actor.raft.nextDeadline(), actor.passes(600_000)]).toEqual([
    true,
    Number.POSITIVE_INFINITY,
    [],
  ]);
  expect(actor.role).toBe("leader");
});

test("RAFT-47: not while a follower that is there lacks something; one that is doubted does not count", () => {
  const actor = leader(FIVE, ["b", "c"]);
  expect([rest(actor, ["b", "c"]), actor.raft.quiet]).toEqual([[], false]);
  for (const away of ["d", "e"]) actor.doubts(away);
  rest(actor, ["b", "c"]);
  expect(actor.raft.quiet).toBe(true);
});

test.each([
  ["a write", (actor: Actor) => actor.propose()],
  ["a read", (actor: Actor) => ask(actor, 1)],
  ["a follower that asks", (actor: Actor) => actor.hears("b", says("raft-vote", 9, { pre: true }))],
  ["a doubt", (actor: Actor) => actor.doubts("c")],
  ["a transfer", (actor: Actor) => transfer(actor, "b")],
] as const)("RAFT-48: %s wakes it", (_, wake) => {
  const actor = leader();
  rest(actor, ["b", "c"]);
  actor.passes(60_000);
  wake(actor);
  expect(actor.raft.quiet).toBe(false);
  // It hears everyone from now on, and not from when it fell silent.
  actor.passes(900);
  expect(actor.role).toBe("leader");
  actor.passes(1_200);
  expect(actor.role).toBe("follower");
});

test("RAFT-49: a quiet leader that doubts a majority leads no more", () => {
  const actor = leader(FIVE, ["b", "c", "d", "e"]);
  rest(actor, ["b", "c", "d", "e"]);
  for (const away of ["b", "c"]) actor.doubts(away);
  rest(actor, ["d", "e"]);
  expect([actor.role, actor.raft.quiet]).toEqual(["leader", true]);
  actor.doubts("d");
  expect([actor.role, actor.state.leader]).toEqual(["follower", null]);
});

// ── Log time ───────────────────────────────────────────────────────────────────────────────────────────────────────────

test("RAFT-50: log time never goes back, and goes on at its pace under a clock that is behind", () => {
  const actor = Actor.leading("a", { ...THREE, terms: [1], at: 50_000 }, ["b"]);
  const at = (index: number) => actor.state.log.entry(index)?.entry.at;
  expect(at(2)).toBe(50_000);
  actor.passes(300);
  actor.propose();
  expect(at(3)).toBe(50_300);
  expect(actor.state.logTime(actor.now)).toBe(at(3));
});

test("RAFT-26: two leaders of different terms commit the same at the same index", () => {
  // What a committed, every later candidate that can win has: the votes of any majority meet those who stored it.
  const actor = leader(FIVE, ["b", "c"]);
  actor.propose();
  actor.acknowledged(2, ["b", "c"]);
  expect(actor.state.commit).toBe(2);
  const stored = new Set(["a", "b", "c"]);
  for (const without of [["d", "e"], ["d"], ["e"]]) {
    const candidacy = new Candidacy(2, false, without[0] as HubId, 1);
    for (const { hubId } of FIVE.configuration.voters) if (!stored.has(hubId)) candidacy.answered(hubId, 1, true);
    expect(candidacy.standing(FIVE.configuration)).toBe("open");
    const voter = actor.restarts();
    const behind = says("raft-vote", 2, { lastIndex: 1, lastTerm: 1 });
    expect(only(voter.hears(without[0] as HubId, behind), "raft-voted")).toMatchObject([{ granted: false }]);
  }
});
