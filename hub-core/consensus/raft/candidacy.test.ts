import { expect, test } from "vitest";
import { votersOf } from "../consensus.test-helper.ts";
import { Candidacy } from "./candidacy.ts";

const FIVE = votersOf(["a", "b", "c", "d", "e"]);

function candidacyWith(votes: Record<string, boolean>, self = "a"): Candidacy {
  const candidacy = new Candidacy(2, false, self, 1);
  for (const [hubId, granted] of Object.entries(votes)) candidacy.answered(hubId, 1, granted);
  return candidacy;
}

test.each([
  ["alone", votersOf(["a"]), {}, "won"],
  ["three, both", votersOf(["a", "b", "c"]), { b: true, c: true }, "won"],
  ["three, one", votersOf(["a", "b", "c"]), { b: true }, "won"],
  ["five, all", FIVE, { b: true, c: true, d: true, e: true }, "won"],
  ["five, two", FIVE, { b: true, c: true }, "won"],
  ["three, none", votersOf(["a", "b", "c"]), { b: false, c: false }, "lost"],
  ["five, none", FIVE, { b: false, c: false, d: false, e: false }, "lost"],
  ["five, one of four", FIVE, { b: true, c: false, d: false, e: false }, "lost"],
  ["three, no answer", votersOf(["a", "b", "c"]), {}, "open"],
  ["five, one", FIVE, { b: true }, "open"],
  ["five, two against", FIVE, { b: false, c: false }, "open"],
  ["joint, one half only", votersOf(["a", "b", "c"], { outgoing: ["a", "d", "e"] }), { b: true }, "open"],
  ["joint, both halves", votersOf(["a", "b", "c"], { outgoing: ["a", "d", "e"] }), { b: true, d: true }, "won"],
  ["joint, one half lost", votersOf(["a", "b", "c"], { outgoing: ["a", "d", "e"] }), { d: false, e: false }, "lost"],
  ["learners count for nothing", votersOf(["a", "b", "c"], { learners: ["d", "e"] }), { d: true, e: true }, "open"],
] as const)("RAFT-4: %s", (_, configuration, votes, standing) => {
  expect(candidacyWith(votes).standing(configuration)).toBe(standing);
});

test("RAFT-4: the first answer of a replica stands, and another replica of that name is another", () => {
  const candidacy = candidacyWith({ b: false });
  candidacy.answered("b", 1, true);
  expect(candidacy.standing(votersOf(["a", "b"]))).toBe("lost");
  const other = candidacyWith({});
  other.answered("b", 2, true);
  expect(other.standing(votersOf(["a", "b"]))).toBe("open");
});

test("RAFT-4: a candidate that is no voter has no vote of its own", () => {
  expect(candidacyWith({ b: true }, "z").standing(votersOf(["a", "b", "c"]))).toBe("open");
  expect(candidacyWith({ a: true, b: true }, "z").standing(votersOf(["a", "b", "c"]))).toBe("won");
});

test("RAFT-4: those that are gone are not waited for, but their votes count when they come", () => {
  const gone =
    (...ids: string[]) =>
    (hubId: string) =>
      ids.includes(hubId);
  expect(candidacyWith({}).standing(FIVE, gone("b", "c"))).toBe("open");
  expect(candidacyWith({}).standing(FIVE, gone("b", "c", "d"))).toBe("lost");
  expect(candidacyWith({ b: true }).standing(FIVE, gone("b", "c", "d"))).toBe("open");
  expect(candidacyWith({ b: false }).standing(FIVE, gone("c", "d"))).toBe("lost");
});
