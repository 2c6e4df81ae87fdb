import { expect, test } from "vitest";
import type { HubId } from "../../common/types.ts";
import { decodeEntry, type Entry } from "../../wire/log.ts";
import { votersOf } from "../consensus.test-helper.ts";
import { Actor, only, says } from "./actor.test-helper.ts";

const THREE = { configuration: votersOf(["a", "b", "c"]) };
const FIVE = { configuration: votersOf(["a", "b", "c", "d", "e"]) };

/** Leads the next term; its first entry is committed. */
function leader(setup: Parameters<typeof Actor.with>[1] = THREE, by: readonly HubId[] = ["b", "c"]): Actor {
  const actor = Actor.leading("a", setup, by);
  actor.acknowledged(actor.state.log.lastIndex, by);
  return actor;
}

const bodies = (entries: readonly Uint8Array[]) => entries.map((bytes) => (decodeEntry(bytes) as Entry).body.kind);

// ── Replication ────────────────────────────────────────────────────────────────────────────────────────────────────────

test("RAFT-13: it begins its term with an empty entry, sent at once to all, with the entry before", () => {
  const actor = Actor.with("a", { ...THREE, terms: [1, 1] });
  actor.timeOut();
  actor.hears("b", says("raft-voted", 2, { pre: true }));
  const sent = only(actor.hears("b", says("raft-voted", 2)), "raft-append");
  expect(sent.map(({ prevIndex, prevTerm, entries }) => [prevIndex, prevTerm, bodies(entries)])).toEqual([
    [2, 1, ["noop"]],
    [2, 1, ["noop"]],
  ]);
});

test("RAFT-13: what is proposed is persisted and sent to all; it is not committed yet", () => {
  const actor = leader();
  const sent = only(actor.propose(), "raft-append");
  expect(sent).toMatchObject([
    { prevIndex: 1, prevTerm: 1, commit: 1 },
    { prevIndex: 1, prevTerm: 1, commit: 1 },
  ]);
  expect([actor.state.log.lastIndex, actor.state.commit, actor.disk.entries.size]).toEqual([2, 1, 2]);
  expect(actor.out.late).toEqual([]);
});

test("RAFT-13: with nothing to say it says so to all, every heartbeat", () => {
  const actor = leader();
  const sent = only(actor.passes(100), "raft-append");
  expect(sent).toMatchObject([
    { entries: [], prevIndex: 1 },
    { entries: [], prevIndex: 1 },
  ]);
});

test("RAFT-17: a follower that is not heard of is sent one append, and again with each heartbeat", () => {
  const actor = Actor.leading("a", THREE, ["b"]);
  expect(only(actor.propose(3), "raft-append")).toEqual([]);
  const again = actor.passes(100).filter(({ to }) => to === "c");
  expect(only(again, "raft-append")).toMatchObject([{ prevIndex: 0, entries: { length: 4 } }]);
});

test("RAFT-17: at most 64 appends are unanswered; an answer lets more go", () => {
  const actor = leader(THREE, ["b"]);
  const sent = actor.propose(100).filter(({ to }) => to === "b");
  expect(sent).toHaveLength(64);
  const more = actor.acknowledged(11, ["b"]).filter(({ to }) => to === "b");
  expect(only(more, "raft-append").flatMap(({ entries }) => entries)).toHaveLength(36);
});

test("RAFT-17: what was lost is sent again from what is acknowledged", () => {
  const actor = leader(THREE, ["b"]);
  actor.propose(5);
  const refused = actor.hears("b", says("raft-append-refused", 1, { prevIndex: 5, index: 1, conflictTerm: 1 }));
  expect(only(refused, "raft-append")).toMatchObject([{ prevIndex: 1, entries: { length: 5 } }]);
});

test("RAFT-17: a refusal of something that is settled, or of another probe, changes nothing", () => {
  const actor = leader(THREE, ["b"]);
  actor.propose(5);
  actor.acknowledged(4, ["b"]);
  expect(actor.hears("b", says("raft-append-refused", 1, { prevIndex: 3 }))).toEqual([]);
  expect(actor.hears("c", says("raft-append-refused", 1, { prevIndex: 4 }))).toEqual([]);
});

test("RAFT-17: a link that is not open loses nothing: with the next heartbeat all is sent again", () => {
  const actor = leader();
  actor.out.cutOff.add("b");
  actor.propose(3);
  actor.out.cutOff.delete("b");
  const sent = actor.passes(100).filter(({ to }) => to === "b");
  expect(only(sent, "raft-append")[0]).toMatchObject({ prevIndex: 1, entries: { length: 3 } });
});

test("RAFT-18: an append holds 64 KiB, or one entry", () => {
  const actor = leader(THREE, ["b"]);
  const sent = actor.propose(1, "a", 60_000);
  expect(only(sent, "raft-append")[0]?.entries).toHaveLength(1);
  actor.propose(2, "a", 60_000);
  const refused = actor.hears("b", says("raft-append-refused", 1, { prevIndex: 4, index: 1, conflictTerm: 1 }));
  expect(only(refused, "raft-append").map(({ entries }) => entries.length)).toEqual([1]);
});

test("RAFT-18: beyond 4 MiB that are not committed nothing is proposed", () => {
  const actor = leader();
  for (let i = 0; i < 80 && actor.leadership.mayPropose; i++) actor.propose(1, "a", 60_000);
  expect(actor.state.log.length).toBeGreaterThan(60);
  expect(actor.leadership.mayPropose).toBe(false);
  actor.acknowledged(actor.state.log.lastIndex, ["b"]);
  expect(actor.leadership.mayPropose).toBe(true);
});

test("RAFT-16: told where the logs may agree, it goes back to there at once", () => {
  const actor = Actor.leading("a", { ...THREE, terms: [1, 1, 1, 4, 4, 5, 5, 6, 6, 6] }, ["b"]);
  const refused = says("raft-append-refused", 7, { prevIndex: 10, index: 10, conflictTerm: 3 });
  expect(only(actor.hears("c", refused), "raft-append")).toMatchObject([{ prevIndex: 3, prevTerm: 1 }]);
});

test("RAFT-20: acknowledgements of more than there is, or of nobody it feeds, change nothing", () => {
  const actor = leader();
  actor.propose();
  actor.acknowledged(99, ["b", "c"]);
  for (const from of ["x", "y"]) actor.acknowledged(2, [from]);
  actor.hears("b", says("raft-appended", 1, { match: 2, from: 2 }));
  expect([actor.state.commit, actor.leadership.matchOf("b"), actor.leadership.matchOf("x")]).toEqual([1, 1, null]);
});

// ── Commit ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

test.each([
  [["a"], 0, [], true],
  [["a", "b", "c"], 0, [], false],
  [["a", "b", "c"], 0, ["b"], true],
  [["a", "b", "c", "d", "e"], 0, ["b"], false],
  [["a", "b", "c", "d", "e"], 0, ["b", "c"], true],
  [["a", "b", "c", "d", "e"], 800_000, ["b", "c"], false],
  [["a", "b", "c", "d", "e"], 800_000, ["b", "c", "d"], true],
] as const)("RAFT-21: of %j at %i millionths, %j have it: committed %s", (voters, threshold, by, committed) => {
  const others = voters.slice(1);
  const actor = leader({ configuration: votersOf(voters, { threshold }) }, others);
  actor.propose();
  actor.acknowledged(2, by);
  expect(actor.state.commit).toBe(committed ? 2 : 1);
});

test.each([[[2]], [[1, 2]], [[1, 1, 2]]])("RAFT-21: with its own entry those before it are committed: %j", (terms) => {
  const actor = Actor.leading("a", { ...THREE, terms }, ["b"]);
  actor.acknowledged(terms.length + 1, ["b"]);
  expect(actor.state.commit).toBe(terms.length + 1);
});

test("RAFT-22: figure 8: an entry of an earlier term is not committed by counting", () => {
  const actor = Actor.leading("a", { ...FIVE, terms: [1, 2], term: 3 }, ["b", "c"]);
  expect(actor.state.term).toBe(4);
  actor.acknowledged(2, ["b", "c", "d", "e"]);
  expect(actor.state.commit).toBe(0);
  actor.acknowledged(3, ["b", "c"]);
  expect(actor.state.commit).toBe(3);
});

test("RAFT-23: a leader that is not of the configuration does not count itself", () => {
  const actor = leader({ configuration: votersOf(["a", "b", "c"]) });
  expect(actor.change({ ...votersOf(["b", "c", "d"]), outgoing: THREE.configuration.voters })).toBe(true);
  actor.acknowledged(2, ["b", "c"]);
  expect([actor.state.commit, actor.state.log.lastIndex, actor.state.configuration.outgoing]).toEqual([2, 3, null]);
  actor.acknowledged(3, ["b"]);
  expect([actor.state.commit, actor.role]).toEqual([2, "leader"]);
  actor.acknowledged(3, ["c"]);
  expect([actor.state.commit, actor.role]).toEqual([3, "follower"]);
});

test("RAFT-24: the next append carries the news, or one that is sent 10 ms later", () => {
  const actor = leader();
  actor.passes(10);
  actor.propose();
  actor.acknowledged(2, ["b"]);
  expect(only(actor.passes(9), "raft-append")).toEqual([]);
  expect(only(actor.passes(1), "raft-append")).toMatchObject([{ commit: 2 }, { commit: 2 }]);
  actor.propose();
  actor.acknowledged(3, ["b"]);
  expect(only(actor.propose(), "raft-append").every(({ commit }) => commit === 3)).toBe(true);
  const [b] = actor.passes(10).filter(({ to }) => to === "b");
  expect(b).toBeUndefined();
});

test("RAFT-25: those who are here and proposed are to be acknowledged to, but not who leads or is addressed", () => {
  const actor = leader();
  const sent = actor.propose(1, "b");
  expect(sent.map(({ to, message }) => [to, message.kind === "raft-append" && message.proposers])).toEqual([
    ["b", []],
    ["c", ["b"]],
  ]);
  expect(only(actor.propose(1, "elsewhere"), "raft-append").map(({ proposers }) => proposers)).toEqual([[], []]);
});

// ── Reads ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

const ask = (actor: Actor, ...ids: number[]) => {
  actor.out.take();
  actor.raft.read({ from: null, ids }, actor.now, actor.out);
  return only(actor.out.sent, "raft-append");
};
const ready = (actor: Actor) => actor.raft.readsReady.splice(0).map(({ ids, index }) => [...ids, index]);

test("RAFT-27: a read is good once a majority has answered its round, and later ones too", () => {
  const actor = leader(FIVE, ["b", "c"]);
  const [first] = ask(actor, 1);
  const round = first?.round as number;
  ask(actor, 2);
  actor.acknowledged(1, ["b"], round);
  actor.acknowledged(1, ["c"], round - 1);
  expect(ready(actor)).toEqual([]);
  actor.acknowledged(1, ["c"], round + 1);
  expect(ready(actor)).toEqual([[1, 1]]);
  actor.acknowledged(1, ["b"], round + 1);
  expect(ready(actor)).toEqual([[2, 1]]);
});

test("RAFT-27: a refusal proves as well that the leader was one; a round that never was proves nothing", () => {
  const actor = leader(FIVE, ["b", "c"]);
  actor.acknowledged(1, ["b", "c", "d"], 1_000);
  const [first] = ask(actor, 1);
  expect(ready(actor)).toEqual([]);
  for (const from of ["b", "c"]) {
    actor.hears(from, says("raft-append-refused", 1, { prevIndex: 9, round: first?.round as number }));
  }
  expect(ready(actor)).toEqual([[1, 1]]);
});

test("RAFT-28: no read before the first entry of the term is committed", () => {
  const actor = Actor.leading("a", { ...THREE, terms: [1, 1] }, ["b"]);
  ask(actor, 1);
  actor.acknowledged(2, ["b", "c"], 9);
  expect(ready(actor)).toEqual([]);
  const [append] = only(actor.acknowledged(3, ["b"]), "raft-append").filter(({ round }) => round > 0);
  actor.acknowledged(3, ["c"], append?.round as number);
  expect(ready(actor)).toEqual([[1, 3]]);
});

test("RAFT-27: a group of one reads at once", () => {
  const actor = leader({ configuration: votersOf(["a"]) }, []);
  ask(actor, 1);
  expect(ready(actor)).toEqual([[1, 1]]);
});

test("RAFT-31: beyond what may wait, it says that it cannot vouch", () => {
  const actor = Actor.leading("a", THREE, ["b"]);
  for (let i = 0; i < 17; i++) ask(actor, ...Array.from({ length: 1_024 }, (_, id) => i * 1_024 + id));
  expect(actor.raft.readsAbandoned).toHaveLength(1);
});

// ── Snapshots ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Its first five entries are compacted, and `c` has none of them. */
function feedingSnapshot(): { actor: Actor; sent: ReturnType<typeof only<"raft-snapshot">> } {
  const actor = Actor.leading("a", { ...THREE, terms: [1, 1, 1, 1] }, ["b"]);
  actor.acknowledged(5, ["b"]);
  actor.state.log.compact(5);
  const refused = says("raft-append-refused", 2, { prevIndex: 4, index: 0 });
  return { actor, sent: only(actor.hears("c", refused), "raft-snapshot") };
}

const snapshotParts = (sent: readonly { to: HubId }[]) =>
  only(sent.filter(({ to }) => to === "c") as never, "raft-snapshot").length;

test("RAFT-33: a follower that lacks what was compacted gets the snapshot, in parts, and then the log", () => {
  const { actor, sent } = feedingSnapshot();
  expect(sent.map(({ index, size, offset }) => [index, size, offset])).toEqual([
    [5, 40_000, 0],
    [5, 40_000, 16_384],
    [5, 40_000, 32_768],
  ]);
  actor.propose();
  const done = actor.hears("c", says("raft-appended", 2, { match: 5 }));
  expect(only(done, "raft-append")).toMatchObject([{ prevIndex: 5, entries: { length: 1 } }]);
});

test("RAFT-33: parts that were lost are sent again, also while the leader is never silent", () => {
  const { actor } = feedingSnapshot();
  expect(snapshotParts(actor.passes(200))).toBeGreaterThanOrEqual(3);
  let parts = 0;
  for (let i = 0; i < 30; i++) {
    actor.propose();
    parts += snapshotParts(actor.acknowledged(actor.state.log.lastIndex, ["b"]));
    parts += snapshotParts(actor.passes(15));
  }
  expect(parts).toBeGreaterThanOrEqual(9);
});

test("RAFT-33: an answer about another snapshot moves nothing", () => {
  const actor = Actor.leading("a", { ...THREE, terms: [1, 1] }, ["b"]);
  actor.acknowledged(3, ["b"]);
  actor.state.log.compact(3);
  actor.hears("c", says("raft-append-refused", 2, { prevIndex: 2, index: 0 }));
  expect(actor.hears("c", says("raft-snapshot-ack", 2, { index: 9, offset: 16_384 }))).toEqual([]);
  expect(actor.hears("b", says("raft-snapshot-ack", 2, { index: 3, offset: 16_384 }))).toEqual([]);
});
