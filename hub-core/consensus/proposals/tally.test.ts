import fc from "fast-check";
import { expect, test } from "vitest";
import { requiredVotes } from "../../common/required-votes.ts";
import type { Electorate } from "./proposal.ts";
import { tally } from "./tally.ts";

const HUBS = ["a", "b", "c", "d", "e", "f", "g"];
const some = fc.subarray(HUBS, { minLength: 1 });
const electorate: fc.Arbitrary<Electorate> = fc.record({
  voters: some,
  outgoing: fc.oneof(fc.constant(null), some),
  threshold: fc.constantFrom(0, 500_000, 600_000, 666_667, 1_000_000),
});
const votes = fc
  .subarray(HUBS)
  .chain((voters) =>
    fc.tuple(
      ...voters.map((voter) =>
        fc.record({ voter: fc.constant(voter), vote: fc.constantFrom("yes" as const, "no" as const) }),
      ),
    ),
  );

test("VOTE-5, VOTE-6: the tally is what counting each half by hand says", () => {
  fc.assert(
    fc.property(electorate, votes, (who, cast) => {
      const sets = who.outgoing ? [who.voters, who.outgoing] : [who.voters];
      const count = (set: readonly string[], vote: string) =>
        cast.filter((one) => set.includes(one.voter) && one.vote === vote).length;
      const agreed = sets.every((set) => count(set, "yes") >= requiredVotes(set.length, who.threshold));
      const hopeless = sets.some((set) => set.length - count(set, "no") < requiredVotes(set.length, who.threshold));
      expect(agreed && hopeless).toBe(false);
      expect(tally(who, cast)).toBe(agreed ? "committed" : hopeless ? "rejected" : "open");
    }),
    { numRuns: 500 },
  );
});

test("VOTE-9: votes may come in any order, and once decided more votes change nothing", () => {
  fc.assert(
    fc.property(
      electorate,
      votes.chain((cast) => fc.tuple(fc.constant(cast), fc.shuffledSubarray(cast, { minLength: cast.length }))),
      (who, [cast, shuffled]) => {
        expect(tally(who, shuffled)).toBe(tally(who, cast));
        const course = shuffled.map((_, n) => tally(who, shuffled.slice(0, n + 1)));
        const decided = course.filter((state) => state !== "open");
        expect(new Set(decided).size).toBeLessThanOrEqual(1);
        expect(course.slice(course.length - decided.length)).toEqual(decided);
      },
    ),
    { numRuns: 500 },
  );
});
