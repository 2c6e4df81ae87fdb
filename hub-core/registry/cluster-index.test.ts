import fc from "fast-check";
import { expect, test } from "vitest";
import { beats, type Claim, ClusterIndex } from "./cluster-index.ts";
import { endOfLifetime, startOfLifetime } from "./lifetime.ts";
import { clusterRecord } from "./records.test-helper.ts";

const record = (origin: string, incarnation: number): Claim => {
  return { origin, body: clusterRecord({ clusterId: "x", incarnation }) };
};
const tombstone = (origin: string, incarnation: number): Claim => {
  return { origin, body: { kind: "tombstone", clusterId: "x", incarnation, deletedAt: 0 } };
};
const withdrawal = (origin: string, incarnation: number): Claim => {
  return { origin, body: { kind: "withdrawn", incarnation } };
};
const claim = fc
  .tuple(fc.constantFrom(record, tombstone, withdrawal), fc.constantFrom("a", "b", "c"), fc.integer({ min: 1, max: 4 }))
  .map(([make, origin, incarnation]) => make(origin, incarnation));

test("REG-15: the highest incarnation wins, at equal ones a tombstone, then the higher origin", () => {
  expect(beats(record("a", 2), record("b", 1))).toBe(true);
  expect(beats(record("a", 2), tombstone("b", 1))).toBe(true);
  expect(beats(tombstone("a", 1), record("b", 1))).toBe(true);
  expect(beats(record("b", 1), record("a", 1))).toBe(true);
});

test("REG-17: a withdrawal keeps an earlier lifetime from coming back, and stands in no owner's way", () => {
  const next = endOfLifetime(1) + 1;
  const index = new ClusterIndex();
  for (const { origin, body } of [record("a", 1), record("b", next)]) index.set(origin, "x", body);
  expect(index.set("b", "x", withdrawal("b", startOfLifetime(next + 1)).body).after).toEqual(withdrawal("b", next));
  expect(index.set("c", "x", record("c", next).body).after).toEqual(record("c", next));
});

test("REG-15: it is a total order", () => {
  fc.assert(
    fc.property(claim, claim, claim, (a, b, c) => {
      if (a.origin !== b.origin) expect(beats(a, b)).toBe(!beats(b, a));
      if (beats(a, b) && beats(b, c)) expect(beats(a, c)).toBe(true);
    }),
  );
});

test("REG-15: the winner, its owner's list and what is lost equal a search of all claims, after every change", () => {
  const change = fc.tuple(claim, fc.boolean());
  fc.assert(
    fc.property(fc.array(change), (changes) => {
      const index = new ClusterIndex();
      const held = new Map<string, Claim>();
      for (const [next, withdrawn] of changes) {
        if (withdrawn) held.delete(next.origin);
        else held.set(next.origin, next);
        const { after } = index.set(next.origin, "x", withdrawn ? null : next.body);
        const best = [...held.values()].reduce<Claim | undefined>((a, b) => (a && beats(a, b) ? a : b), undefined);
        expect(after).toEqual(best);
        for (const origin of ["a", "b", "c"]) {
          const own = held.get(origin)?.body.kind === "cluster";
          expect(index.ownedBy(origin).has("x")).toBe(best?.origin === origin && own);
          expect(index.loses(origin, "x")).toBe(own && best?.origin !== origin);
        }
        expect(index.hidesAnother("x")).toBe(
          best?.body.kind === "tombstone" && [...held.values()].some(({ body }) => body.kind === "cluster"),
        );
      }
    }),
  );
});
