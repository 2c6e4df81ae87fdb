import fc from "fast-check";
import { expect, test } from "vitest";
import type { HubId } from "../common/types.ts";
import type { MemberState } from "../wire/catalog.ts";
import { type Configuration, MAX_VOTERS } from "../wire/log.ts";
import { votersOf } from "./consensus.test-helper.ts";
import {
  FOUND_PATIENCE_MS,
  foundingVoters,
  nextConfiguration,
  nextLook,
  type RosterMember,
  type RosterView,
} from "./roster.ts";

const NOW = 100_000;

const member = (hubId: HubId, more: Partial<RosterMember> = {}): RosterMember => ({
  hubId,
  region: hubId,
  isParent: false,
  replica: 1,
  lineage: 7,
  state: "alive",
  stateSince: 0,
  draining: false,
  ...more,
});

const view = (members: readonly RosterMember[], more: Partial<RosterView> = {}): RosterView => ({
  members,
  caughtUp: () => true,
  threshold: 0,
  since: 0,
  now: NOW,
  ...more,
});

const membersOf = (ids: string) => [...ids].map((id) => member(id));
const told = (configuration: Configuration | null) =>
  configuration && {
    voters: configuration.voters.map(({ hubId, replica }) => `${hubId}${replica === 1 ? "" : replica}`).join(""),
    learners: configuration.learners.map(({ hubId, replica }) => `${hubId}${replica === 1 ? "" : replica}`).join(""),
    joint: configuration.outgoing !== null,
  };
const voters = (ids: string, learners = "") => votersOf([...ids], { learners: [...learners] });

/** Until it stays: each change is committed, and joint ones are left. */
function follow(from: Configuration, at: RosterView) {
  let present = from;
  const changes: Configuration[] = [];
  for (let i = 0; i < 20; i++) {
    const next = nextConfiguration(present, at);
    if (!next) return { present, changes };
    changes.push(next);
    present = { ...next, outgoing: null };
  }
  throw new Error("it goes on for ever");
}

test("RAFT-41: newcomers learn, and vote once they have caught up", () => {
  const slow = view(membersOf("abc"), { caughtUp: () => false });
  expect(told(nextConfiguration(voters("a"), slow))).toEqual({ voters: "a", learners: "bc", joint: false });
  expect(nextConfiguration(voters("a", "bc"), slow)).toBeNull();
  const half = view(membersOf("abc"), { caughtUp: (id) => id === "b" });
  expect(told(nextConfiguration(voters("a", "bc"), half))).toEqual({ voters: "ab", learners: "c", joint: true });
});

test("RAFT-41: at most seven vote, one of each region before a second of any, the parent first", () => {
  const members = [..."abcdefghij"].map((id) => member(id, { region: id < "h" ? "one" : id, isParent: id === "g" }));
  const { present } = follow(voters("a"), view(members));
  expect(told(present)).toMatchObject({ voters: "abcghij", learners: "def" });
});

test("RAFT-42: a voter that is away keeps its vote for ten seconds, and while nobody takes it", () => {
  const seven = voters("abcdefg", "h");
  const away = (since: number) => view([...membersOf("abdefgh"), member("c", { state: "failed", stateSince: since })]);
  expect(nextConfiguration(seven, away(NOW - 9_999))).toBeNull();
  expect(told(nextConfiguration(seven, away(NOW - 10_000)))).toEqual({ voters: "abdefgh", learners: "", joint: true });
  const alone = voters("abc");
  const gone = view([member("a"), member("b", { state: "failed" }), member("c", { state: "failed" })]);
  expect(nextConfiguration(alone, gone)).toBeNull();
});

test("RAFT-42: one that has left, or lost its storage, has no vote; the new replica learns", () => {
  const left = view([...membersOf("ab"), member("c", { state: "left" })]);
  expect(told(nextConfiguration(voters("abc"), left))).toEqual({ voters: "ab", learners: "", joint: true });
  const lost = view([...membersOf("ab"), member("c", { replica: 2 })], { caughtUp: () => false });
  expect(told(nextConfiguration(voters("abc"), lost))).toEqual({ voters: "ab", learners: "c2", joint: true });
  expect(told(follow(voters("abc"), { ...lost, caughtUp: () => true }).present)).toMatchObject({ voters: "abc2" });
});

test("RAFT-42: nobody loses a vote because little is known yet: no record, or no membership", () => {
  const noRecords = view(membersOf("abc").map((one) => ({ ...one, replica: 0, lineage: null })));
  expect(nextConfiguration(voters("abc"), noRecords)).toBeNull();
  const alone = view(membersOf("a"), { since: NOW - 5_000 });
  expect(nextConfiguration(voters("abc"), alone)).toBeNull();
  const newLeader = view(membersOf("abhij"), { since: NOW - 5_000 });
  expect(nextConfiguration(voters("abcdefg", "hij"), newLeader)).toBeNull();
  const later = { ...newLeader, since: NOW - 10_000 };
  expect(told(nextConfiguration(voters("abcdefg", "hij"), later))).toMatchObject({ voters: "abcdhij" });
});

test("RAFT-41: one that drains keeps its vote, and is not given one", () => {
  const drains = view([...membersOf("ab"), member("c", { draining: true }), member("d", { draining: true })]);
  expect(nextConfiguration(voters("abc", "d"), drains)).toBeNull();
});

test("RAFT-41: a region that had no vote gets one from a region that has two", () => {
  const members = [..."abcdefg"].map((id) => member(id, { region: "one" })).concat(member("h", { region: "two" }));
  expect(told(nextConfiguration(voters("abcdefg", "h"), view(members)))).toMatchObject({ voters: "abcdefh" });
});

test("RAFT-43: a threshold that is configured otherwise is followed, without a joint configuration", () => {
  const next = nextConfiguration(voters("abc"), view(membersOf("abc"), { threshold: 700_000 }));
  expect([next?.threshold, next?.outgoing]).toEqual([700_000, null]);
});

const ids = [..."abcdefghijkl"];
const anyMember = fc.record({
  region: fc.constantFrom("one", "two", "three", "four"),
  replica: fc.constantFrom(0, 1, 1, 1, 2),
  state: fc.constantFrom<MemberState>("alive", "alive", "alive", "suspect", "failed", "left"),
  stateSince: fc.constantFrom(0, NOW - 5_000),
  draining: fc.constantFrom(false, false, true),
  known: fc.constantFrom(true, true, true, false),
});
const anyRoster = fc.array(anyMember, { minLength: ids.length, maxLength: ids.length });
const anyPresent = fc.tuple(fc.subarray(ids, { minLength: 1, maxLength: 7 }), fc.subarray(ids));

test("RAFT-43: from any configuration a few changes lead to one that stays", () => {
  fc.assert(
    fc.property(anyRoster, anyPresent, fc.constantFrom(0, NOW), (roster, [voting, learning], since) => {
      const members = roster.flatMap(({ known, ...one }, i) =>
        known ? [member(ids[i] as string, { ...one, isParent: i === 3 })] : [],
      );
      const learners = learning.filter((id) => !voting.includes(id));
      const at = view(members, { since });
      const { present, changes } = follow(votersOf(voting, { learners }), at);
      expect(changes.length).toBeLessThanOrEqual(3);
      expect(nextLook(present, at, 250)).toBeGreaterThan(NOW);
      for (const { voters: next, learners: rest, outgoing } of changes) {
        expect(next.length).toBeGreaterThan(0);
        expect(next.length).toBeLessThanOrEqual(MAX_VOTERS);
        expect(new Set([...next, ...rest].map(({ hubId }) => hubId)).size).toBe(next.length + rest.length);
        // Whoever is no voter any more has left, is another replica now, or was away, unknown or second to one who came.
        if (outgoing === null) continue;
        const lost = outgoing.filter(
          (one) => !next.some(({ hubId, replica }) => hubId === one.hubId && replica === one.replica),
        );
        const excused = lost.filter(({ hubId }) => {
          const known = members.find((one) => one.hubId === hubId);
          return known && (known.state === "left" || (known.replica !== 0 && known.replica !== 1));
        });
        expect(next.length).toBeGreaterThanOrEqual(outgoing.length - excused.length);
      }
    }),
    { numRuns: 500 },
  );
});

test("RAFT-41: where all are there, no region has two votes while a hub of another has none", () => {
  const regions = fc.array(fc.constantFrom("one", "two", "three", "four"), { minLength: 12, maxLength: 12 });
  fc.assert(
    fc.property(regions, anyPresent, (each, [voting]) => {
      const members = each.map((region, i) => member(ids[i] as string, { region }));
      const { present } = follow(votersOf(voting), view(members));
      const votes = new Map<string, number>();
      for (const { hubId } of present.voters) {
        const { region } = members.find((one) => one.hubId === hubId) as RosterMember;
        votes.set(region, (votes.get(region) ?? 0) + 1);
      }
      const without = each.some((region) => !votes.has(region));
      if (without) expect(Math.max(...votes.values())).toBe(1);
      expect(present.voters).toHaveLength(7);
    }),
  );
});

test("RAFT-43: it is looked again when somebody is to catch up or has been away for long enough, and else never", () => {
  expect(nextLook(voters("abc"), view(membersOf("abc")), 250)).toBe(Number.POSITIVE_INFINITY);
  expect(nextLook(voters("ab", "c"), view(membersOf("abc"), { caughtUp: () => false }), 250)).toBe(NOW + 250);
  const away = view([...membersOf("ab"), member("c", { state: "failed", stateSince: NOW - 4_000 })]);
  expect(nextLook(voters("abc"), away, 250)).toBe(NOW + 6_000);
  const full = view([...membersOf("abcdefgh"), member("i", { state: "failed" })]);
  expect(nextLook(voters("abcdefg", "h"), full, 250)).toBe(Number.POSITIVE_INFINITY);
});

const LATER = FOUND_PATIENCE_MS;
/** As `a`, the parent, sees it. */
const founding = (named: string, others: readonly RosterMember[], waited: number, threshold = 600_000) => {
  const members = [member("a", { lineage: 0, isParent: true }), ...others];
  const first = foundingVoters({ hubId: "a", replica: 1 }, [...named], members, threshold, waited);
  return first?.map(({ hubId }) => hubId).join("") ?? null;
};
const lineagesOf = (lineages: Record<HubId, number | null>) =>
  Object.entries(lineages).map(([id, lineage]) => member(id, { lineage }));

test.each([
  ["all say that they have none", { b: 0, c: 0 }, 0, "abc"],
  ["one is not heard of, at once", { b: 0 }, 0, null],
  ["one is not heard of, later", { b: 0 }, LATER, "ab"],
  ["nobody is heard of", {}, 60_000, null],
  ["one is known, but not what it has", { b: null, c: null }, 60_000, null],
  ["one has it", { b: 0, c: 9 }, 60_000, null],
  ["one that nobody expected has it", { b: 0, c: 0, z: 9 }, 60_000, null],
  ["one that nobody expected has none either", { b: 0, c: 0, d: 0 }, 0, "abcd"],
] as const)("RAFT-36: a group is founded, or not: %s", (_, lineages, waited, first) => {
  expect(founding("abc", lineagesOf(lineages), waited)).toBe(first);
});

test("RAFT-36: who is gone does not count, whatever it has said", () => {
  const others = [member("b", { lineage: 0 }), member("c", { lineage: 0, state: "failed" })];
  expect([founding("abc", others, 0), founding("abc", others, LATER)]).toEqual([null, "ab"]);
  expect(founding("ab", [member("b", { lineage: 0, state: "left" })], 60_000)).toBeNull();
});

test.each([
  ["half of an even number is not more than half", "abcd", "b", 500_000, null],
  ["more than half are", "abcd", "bc", 500_000, "abc"],
  ["a group of one is founded by that one", "a", "", 1_000_000, "a"],
  ["the threshold asks for more than a majority", "abcdefg", "bcd", 600_000, null],
  ["as many as the threshold asks for", "abcdefg", "bcde", 600_000, "abcde"],
  ["of more than may vote, as many as the voters' commits take", "abcdefghi", "ehi", 500_000, "aehi"],
  ["more than may vote are there", "abcdefghi", "bcdefghi", 500_000, "abcdefg"],
] as const)("RAFT-58: a group begins with enough for its commits: %s", (_, named, there, threshold, first) => {
  const others = [...there].map((id) => member(id, { lineage: 0 }));
  expect(founding(named, others, LATER, threshold)).toBe(first);
});
