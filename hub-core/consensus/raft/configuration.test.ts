import fc from "fast-check";
import { expect, test } from "vitest";
import { requiredVotes } from "../../common/required-votes.ts";
import { votersOf } from "../consensus.test-helper.ts";
import { isCommitQuorum, isMajority, isVoter, quorumView, replicasOf, storedByQuorum } from "./configuration.ts";

const SEVEN = ["a", "b", "c", "d", "e", "f", "g"];
const among = (ids: readonly string[]) => (member: { readonly hubId: string }) => ids.includes(member.hubId);

test("RAFT-21: with seven voters and five required, four elect a leader that cannot commit", () => {
  const configuration = votersOf(SEVEN, { threshold: 700_000 });
  expect(isMajority(configuration, among(["a", "b", "c", "d"]))).toBe(true);
  expect(isCommitQuorum(configuration, among(["a", "b", "c", "d"]))).toBe(false);
  expect(isCommitQuorum(configuration, among(["a", "b", "c", "d", "e"]))).toBe(true);
  expect(quorumView(configuration, among(["a", "b", "c", "d"]))).toEqual({ have: 4, need: 5 });
});

test("RAFT-21: the highest index that a quorum has; of a joint configuration, the lower of both halves", () => {
  const match: Record<string, number> = { a: 9, b: 7, c: 5, d: 3, e: 1 };
  const of = ({ hubId }: { readonly hubId: string }) => match[hubId] ?? 0;
  expect(storedByQuorum(votersOf(["a", "b", "c"]), of)).toBe(7);
  expect(storedByQuorum(votersOf(["a", "b", "c"], { threshold: 1_000_000 }), of)).toBe(5);
  expect(storedByQuorum(votersOf(["a", "b", "c"], { outgoing: ["a", "d", "e"] }), of)).toBe(3);
  expect(storedByQuorum(votersOf([]), of)).toBe(0);
});

test("RAFT-21: the view of a joint configuration is of the half that is shorter of votes", () => {
  const configuration = votersOf(["a", "b", "c"], { outgoing: ["a", "d", "e"] });
  expect(quorumView(configuration, among(["a", "b", "c"]))).toEqual({ have: 1, need: 2 });
});

test("RAFT-21: any commit quorum meets any majority, and is counted alike both ways", () => {
  const subset = fc.subarray(SEVEN);
  fc.assert(
    fc.property(subset, subset, fc.integer({ min: 0, max: 1_000_000 }), (stored, elected, threshold) => {
      const configuration = votersOf(SEVEN, { threshold });
      const commits = isCommitQuorum(configuration, among(stored));
      expect(commits).toBe(stored.length >= requiredVotes(7, threshold));
      expect(storedByQuorum(configuration, ({ hubId }) => (stored.includes(hubId) ? 1 : 0))).toBe(commits ? 1 : 0);
      if (commits && isMajority(configuration, among(elected))) {
        expect(stored.some((id) => elected.includes(id))).toBe(true);
      }
    }),
  );
});

test("RAFT-40: everyone of a joint configuration is sent the log, each once; both halves vote, learners do not", () => {
  const configuration = votersOf(["a", "b"], { outgoing: ["b", "c"], learners: ["d"] });
  expect(replicasOf(configuration).map(({ hubId }) => hubId)).toEqual(["a", "b", "c", "d"]);
  expect(["a", "b", "c", "d"].map((id) => isVoter(configuration, id, 1))).toEqual([true, true, true, false]);
  expect(isVoter(configuration, "a", 2)).toBe(false);
});
