import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeSnapshot } from "../../wire/log.ts";
import { emptyEntry, entryOf, votersOf } from "../consensus.test-helper.ts";
import { Actor, only, says } from "./actor.test-helper.ts";

const THREE = { configuration: votersOf(["a", "b", "c"]) };
const FIVE = { configuration: votersOf(["a", "b", "c", "d", "e"]) };
const LEADER = "b";

/** A follower of `b` in term 8 with a log of these terms. */
function follower(terms: readonly number[], committed = 0): Actor {
  const actor = Actor.with("a", { ...FIVE, terms, term: 8 });
  actor.state.commit = committed;
  return actor;
}

const append = (prevIndex: number, prevTerm: number, terms: readonly number[] = [], commit = 0) =>
  says("raft-append", 8, { prevIndex, prevTerm, commit, entries: terms.map((term) => emptyEntry(term)) });

/** What the log of its leader of term 8 is in figure 7 of the paper. */
const FIGURE_7 = [1, 1, 1, 4, 4, 5, 5, 6, 6, 6];

test.each([
  ["a", [1, 1, 1, 4, 4, 5, 5, 6, 6]],
  ["b", [1, 1, 1, 4]],
  ["c", [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6]],
  ["d", [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7]],
  ["e", [1, 1, 1, 4, 4, 4, 4]],
  ["f", [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3]],
] as const)(
  "RAFT-14, RAFT-16: figure 7 (%s): the leader's log takes the place of its own, in a round trip per term",
  (_, terms) => {
    const leader = Actor.leading(LEADER, { ...THREE, terms: FIGURE_7, term: 7 }, ["c"]);
    const actor = follower(terms);
    const wanted = [...FIGURE_7, 8];
    let messages = only(leader.passes(100), "raft-append").slice(0, 1);
    let roundTrips = 0;
    while (messages.length > 0) {
      roundTrips += 1;
      const answers = messages.flatMap((message) => actor.hears(LEADER, message));
      messages = answers.flatMap(({ message }) => only(leader.hears("a", message as never), "raft-append"));
    }
    expect(actor.terms).toEqual(wanted);
    expect(leader.leadership.matchOf("a")).toBe(11);
    // One to know, one for each term that differs, one that brings it.
    expect(roundTrips).toBeLessThanOrEqual(4);
  },
);

test.each([
  [0, 0, []],
  [1, 1, [2]],
  [2, 2, []],
] as const)("RAFT-14: it takes what agrees at the entry before: %i of term %i", (prevIndex, prevTerm, terms) => {
  const actor = follower([1, 2]);
  const sent = only(actor.hears(LEADER, append(prevIndex, prevTerm, terms)), "raft-appended");
  expect(sent).toMatchObject([{ match: prevIndex + terms.length }]);
  expect(actor.terms).toEqual([1, 2]);
});

test.each([
  [1, 2, 1, 1],
  [2, 1, 1, 1],
  [2, 3, 2, 2],
  [3, 3, 2, 2],
  [9, 1, 1, 1],
] as const)(
  "RAFT-16: it refuses entry %i of term %i, and names the last that may agree",
  (prevIndex, prevTerm, index, conflictTerm) => {
    const actor = follower([1, 2]);
    const sent = only(actor.hears(LEADER, append(prevIndex, prevTerm, [8])), "raft-append-refused");
    expect(sent).toMatchObject([{ prevIndex, index, conflictTerm }]);
    expect(actor.terms).toEqual([1, 2]);
  },
);

test.each([
  [2, 2, [3], [1, 2, 3]],
  [1, 1, [3, 4], [1, 3, 4]],
  [0, 0, [1], [1, 2]],
  [0, 0, [3], [3]],
] as const)("RAFT-14: after entry %i of term %i come %j", (prevIndex, prevTerm, terms, wanted) => {
  const actor = follower([1, 2]);
  actor.hears(LEADER, append(prevIndex, prevTerm, terms));
  expect(actor.terms).toEqual(wanted);
  expect(actor.restarts().terms).toEqual(wanted);
  expect(actor.out.late).toEqual([]);
});

test("RAFT-15: what was acknowledged stays acknowledged when an older append comes again", () => {
  const actor = follower([1]);
  actor.hears(LEADER, append(1, 1, [8, 8, 8]));
  const again = only(actor.hears(LEADER, append(1, 1, [8])), "raft-appended");
  expect([again, actor.terms]).toMatchObject([[{ match: 2 }], [1, 8, 8, 8]]);
});

test("RAFT-15: match is what both logs have, never what stands behind it", () => {
  const actor = follower([1, 1, 3, 3]);
  const sent = only(actor.hears(LEADER, append(2, 1, [], 4)), "raft-appended");
  expect([sent, actor.state.commit]).toMatchObject([[{ match: 2 }], 2]);
});

test("RAFT-15, RAFT-34: after compaction an old append is answered with what is committed", () => {
  const actor = follower([1, 1, 1, 1], 4);
  actor.state.log.compact(3);
  const sent = only(actor.hears(LEADER, append(0, 0, [1, 1])), "raft-appended");
  expect([sent, actor.terms]).toMatchObject([[{ match: 4 }], [1]]);
  const across = only(actor.hears(LEADER, append(1, 1, [1, 1, 1, 8])), "raft-appended");
  expect([across, actor.terms]).toMatchObject([[{ match: 5 }], [1, 8]]);
});

test("RAFT-15: in whatever order, and however often, appends and refusals come, match is truthful and the logs end equal", () => {
  const step = fc.record({ which: fc.nat(), to: fc.constantFrom("follower", "leader", "time"), keep: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const leader = Actor.leading(LEADER, { ...THREE, terms: FIGURE_7, term: 7 }, ["c"]);
      const actor = follower([1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3], 3);
      const ways = { follower: [] as unknown[], leader: [] as unknown[] };
      const time = () => ways.follower.push(...only(leader.passes(100), "raft-append").filter((_, i) => i % 2 === 0));
      const deliver = (to: "follower" | "leader", which: number, keep: boolean): void => {
        const at = which % Math.max(1, ways[to].length);
        const message = keep ? ways[to][at] : ways[to].splice(at, 1)[0];
        if (!message) return;
        const receiver = to === "follower" ? actor : leader;
        const sent = receiver.hears(to === "follower" ? LEADER : "a", message as never);
        const back = sent.filter((one) => one.to === (to === "follower" ? LEADER : "a"));
        ways[to === "follower" ? "leader" : "follower"].push(...back.map((one) => one.message));
        for (const { message: said } of back) {
          if (said.kind !== "raft-appended") continue;
          const upTo = (one: Actor) => one.terms.slice(0, said.match);
          expect(upTo(actor)).toEqual(upTo(leader));
        }
      };
      for (const { which, to, keep } of steps) {
        if (to === "time") time();
        else deliver(to, which, keep);
        if (leader.role !== "leader") return;
      }
      for (let i = 0; i < 40; i++) {
        time();
        while (ways.follower.length + ways.leader.length > 0) {
          deliver("follower", 0, false);
          deliver("leader", 0, false);
        }
      }
      expect([actor.terms, leader.leadership.matchOf("a")]).toEqual([leader.terms, leader.terms.length]);
    }),
    { numRuns: 60 },
  );
});

test("RAFT-19: what it acknowledges is persisted before, and is there after a crash", () => {
  const actor = follower([1, 2, 2]);
  actor.hears(LEADER, append(1, 1, [8, 8]));
  expect(actor.out.written.map(({ table }) => table)).toEqual(["raft-truncate", "raft-entry", "raft-entry"]);
  expect(actor.out.late).toEqual([]);
  expect(actor.restarts().terms).toEqual([1, 8, 8]);
});

test("RAFT-24: it commits what the leader has, as far as the logs agree, and never less than before", () => {
  const actor = follower([1]);
  actor.hears(LEADER, append(1, 1, [8, 8], 2));
  expect(actor.state.commit).toBe(2);
  actor.hears(LEADER, append(1, 1, [8], 99));
  expect(actor.state.commit).toBe(2);
  actor.hears(LEADER, append(3, 8, [], 99));
  expect(actor.state.commit).toBe(3);
  actor.hears(LEADER, append(3, 8, [], 1));
  expect(actor.state.commit).toBe(3);
});

test("RAFT-25: it acknowledges to who proposed as well, and who proposed commits without the leader's word", () => {
  const told = append(0, 0, [8]);
  const sent = follower([]).hears(LEADER, { ...told, proposers: ["c", "a", LEADER] });
  expect(sent.map(({ to, message }) => [to, message.kind])).toEqual([
    [LEADER, "raft-appended"],
    ["c", "raft-appended"],
  ]);
  const five = follower([]);
  five.hears(LEADER, told);
  expect(five.state.commit).toBe(0);
  five.hears("c", says("raft-appended", 8, { match: 1 }));
  expect(five.state.commit).toBe(1);
  // The others are ahead of what has come here.
  for (const from of ["c", "d", "e"]) five.hears(from, says("raft-appended", 8, { match: 9 }));
  five.hears(LEADER, append(1, 8, [8]));
  expect(five.state.commit).toBe(2);
});

test("RAFT-25: an earlier term is not committed by acknowledgements, nor more than is here, nor by who does not vote", () => {
  const five = follower([1]);
  five.hears(LEADER, append(1, 1));
  for (const from of ["c", "d", "e"]) five.hears(from, says("raft-appended", 8, { match: 1 }));
  expect(five.state.commit).toBe(0);
  five.hears(LEADER, append(1, 1, [8]));
  for (const from of ["x", "y", "z"]) five.hears(from, says("raft-appended", 8, { match: 2 }));
  five.hears("c", says("raft-appended", 8, { match: 2, from: 2 }));
  five.hears("d", says("raft-appended", 7, { match: 2 }));
  expect(five.state.commit).toBe(0);
  five.hears("e", says("raft-appended", 8, { match: 99 }));
  expect(five.state.commit).toBe(2);
});

test("RAFT-25: it counts by the configuration where its log agrees, not by what another leader left behind it", () => {
  const left = { term: 1, at: 0, body: { kind: "configuration", configuration: votersOf(["a"]) } } as const;
  const actor = follower([]);
  actor.hears(LEADER, append(0, 0, [1]));
  actor.state.append({ entry: left, bytes: entryOf(left) }, actor.out);
  actor.hears(LEADER, append(1, 1));
  expect([actor.state.configuration.voters.length, actor.state.commit]).toEqual([1, 0]);
});

test.each([
  ["bytes that are no entry", [new Uint8Array([255, 255, 255])]],
  ["a term past the leader's", [emptyEntry(9)]],
  ["terms that go back", [emptyEntry(7), emptyEntry(6)]],
  ["a term before that of the entry before", [emptyEntry(1)]],
  ["log time that goes back", [emptyEntry(8, 50), emptyEntry(8, 40)]],
] as const)("RAFT-20: of %s nothing is stored or acknowledged", (_, entries) => {
  const actor = follower([2]);
  const sent = actor.hears(LEADER, says("raft-append", 8, { prevIndex: 1, prevTerm: 2, entries, commit: 5 }));
  expect([sent, actor.terms, actor.state.commit]).toEqual([[], [2], 0]);
  expect(actor.out.logged).toEqual(expect.arrayContaining(["consensus_entry_unreadable"]));
});

test("RAFT-20: what contradicts the committed changes nothing", () => {
  const actor = follower([1, 1, 1], 2);
  expect(actor.hears(LEADER, append(0, 0, [1, 8, 8], 3))).toEqual([]);
  expect([actor.terms, actor.state.commit]).toEqual([[1, 1, 1], 2]);
  expect(actor.out.logged).toContain("consensus_committed_contradicted");
});

test("RAFT-20: whatever numbers a peer says, nothing throws, and what is committed stays", () => {
  const number = fc.oneof(fc.nat({ max: 12 }), fc.constant(Number.MAX_SAFE_INTEGER));
  const entries = fc.array(
    fc.oneof(
      fc.nat({ max: 9 }).map((term) => emptyEntry(term)),
      fc.uint8Array({ maxLength: 9 }),
    ),
    { maxLength: 4 },
  );
  const fields = fc.record({
    prevIndex: number,
    prevTerm: number,
    commit: number,
    round: number,
    entries,
    quiesce: fc.boolean(),
    match: number,
    index: number,
    conflictTerm: number,
    snapshotTerm: number,
    size: number,
    offset: number,
    part: fc.uint8Array({ maxLength: 20 }),
    pre: fc.boolean(),
    granted: fc.boolean(),
    transfer: fc.boolean(),
    lastIndex: number,
    lastTerm: number,
    from: fc.nat({ max: 2 }),
  });
  const kind = fc.constantFrom(
    "raft-vote",
    "raft-voted",
    "raft-append",
    "raft-appended",
    "raft-append-refused",
    "raft-snapshot",
    "raft-snapshot-ack",
    "raft-timeout-now",
  );
  const said = fc.record({
    kind,
    fields,
    term: fc.oneof(fc.nat({ max: 10 }), number),
    by: fc.constantFrom("b", "c", "x"),
    ms: fc.nat({ max: 1_500 }),
  });
  fc.assert(
    fc.property(fc.boolean(), fc.array(said, { maxLength: 40 }), (leads, sayings) => {
      const setup = { ...THREE, terms: [1, 1, 2], term: 2 };
      const actor = leads ? Actor.leading("a", setup, ["b"]) : Actor.with("a", setup);
      if (leads) actor.acknowledged(4, ["b"]);
      else actor.state.commit = 2;
      const committed = actor.terms.slice(0, actor.state.commit);
      let { term, commit } = actor.state;
      for (const { kind, fields, term: saidTerm, by, ms } of sayings) {
        actor.passes(ms);
        actor.hears(by, says(kind as "raft-append", saidTerm, fields as never));
        expect(actor.state.term).toBeGreaterThanOrEqual(term);
        expect(actor.state.commit).toBeGreaterThanOrEqual(commit);
        expect(actor.state.commit).toBeLessThanOrEqual(actor.state.log.lastIndex);
        ({ term, commit } = actor.state);
      }
      if (actor.state.log.snapshotIndex === 0) expect(actor.terms.slice(0, committed.length)).toEqual(committed);
      const again = actor.restarts();
      expect([again.terms, again.state.term]).toEqual([actor.terms, actor.state.term]);
    }),
    { numRuns: 300 },
  );
});

// ── Snapshots ──────────────────────────────────────────────────────────────────────────────────────────────────────────

const snapshotOf = (index: number, term: number) =>
  encodeSnapshot({ index, term, at: 5, configuration: votersOf(["a", "b", "z"]), data: new Uint8Array([1, 2, 3]) });

function install(actor: Actor, whole: Uint8Array, index: number, snapshotTerm: number) {
  return actor.hears(
    LEADER,
    says("raft-snapshot", 8, { index, snapshotTerm, size: whole.length, part: whole, round: 3 }),
  );
}

test("RAFT-34: a snapshot that came whole is persisted, takes the place of the log and is acknowledged", () => {
  const actor = follower([1, 1]);
  const sent = install(actor, snapshotOf(9, 4), 9, 4);
  expect(sent).toEqual([{ to: LEADER, message: says("raft-appended", 8, { match: 9, round: 3 }) }]);
  expect([actor.terms, actor.state.commit, actor.state.log.lastTerm, actor.restored.length]).toEqual([[], 9, 4, 1]);
  const again = actor.restarts();
  expect([again.state.log.snapshotIndex, again.state.configuration]).toEqual([9, votersOf(["a", "b", "z"])]);
});

test("RAFT-34: entries after it stay when they agree with it, else they go", () => {
  const agrees = follower([1, 4, 4]);
  install(agrees, snapshotOf(2, 4), 2, 4);
  expect([agrees.terms, agrees.restarts().terms]).toEqual([[4], [4]]);
  const differs = follower([1, 1, 1]);
  install(differs, snapshotOf(2, 4), 2, 4);
  expect([differs.terms, differs.restarts().terms]).toEqual([[], []]);
});

test("RAFT-35: torn between its writes, an installation leaves a log that is one", () => {
  const actor = follower([1, 1, 1, 1]);
  const before = actor.disk.copy();
  install(actor, snapshotOf(2, 4), 2, 4);
  for (let kept = 0; kept <= actor.out.written.length; kept++) {
    const disk = before.copy();
    for (const write of actor.out.written.slice(0, kept)) disk.write(write);
    expect([[1, 1, 1, 1], [1, 1], []]).toContainEqual(new Actor("a", disk).terms);
  }
});

test.each([
  ["older than what is committed", 2, 1, { committed: 3 }],
  ["no snapshot", 9, 4, { garbage: true }],
  ["of another index than was said", 10, 4, {}],
  ["of a term past the leader's", 9, 9, {}],
  ["of another version of the software", 9, 4, { readable: false }],
] as const)(
  "RAFT-34: one that is %s changes nothing",
  (_, index, term, {
    committed = 0,
    garbage = false,
    readable = true,
  }: { committed?: number; garbage?: boolean; readable?: boolean }) => {
    const actor = follower([1, 1, 1], committed);
    actor.readable = readable;
    const whole = garbage ? new Uint8Array(50).fill(255) : snapshotOf(index === 10 ? 9 : index, term);
    const sent = install(actor, whole, index, term);
    expect([actor.terms, actor.state.commit, actor.restored, actor.out.written]).toEqual([
      [1, 1, 1],
      committed,
      [],
      [],
    ]);
    expect(only(sent, "raft-appended").map(({ match }) => match)).toEqual(committed > 0 ? [committed] : []);
  },
);

test("RAFT-47: it is silent with its leader when it has all; else the clock goes on", () => {
  const actor = follower([1, 8]);
  actor.hears(LEADER, { ...append(2, 8, [], 1), quiesce: true });
  expect(actor.raft.quiet).toBe(false);
  actor.hears(LEADER, { ...append(2, 8, [], 2), quiesce: true });
  expect([actor.raft.quiet, actor.raft.nextDeadline()]).toEqual([true, Number.POSITIVE_INFINITY]);
  actor.hears(LEADER, append(2, 8, [8]));
  expect(actor.raft.quiet).toBe(false);
});
