import fc from "fast-check";
import { expect, test } from "vitest";
import { compareToPage, pageOf } from "./version-vectors.ts";

const vectors = fc.dictionary(fc.constantFrom("a", "b", "c", "d", "e", "f", "g", "h"), fc.integer({ min: 1, max: 5 }));

test("GOSSIP-20: the pages of a vector, compared one by one, find every difference once", () => {
  fc.assert(
    fc.property(vectors, vectors, fc.integer({ min: 1, max: 4 }), (ours, theirs, pageSize) => {
      const own = new Map(Object.entries(ours));
      const other = new Map(Object.entries(theirs));
      const theyLack: string[] = [];
      const weLack: string[] = [];
      for (let after: string | null = null, last = false; !last; ) {
        const page = pageOf(other, after, pageSize);
        expect(page.entries.length).toBeLessThanOrEqual(pageSize);
        const difference = compareToPage(own, page);
        theyLack.push(...difference.theyLack.map(({ origin }) => origin));
        weLack.push(...difference.weLack.map(({ origin }) => origin));
        last = page.through === null;
        after = page.through;
      }
      const origins = [...new Set([...own.keys(), ...other.keys()])].sort();
      expect(theyLack.sort()).toEqual(origins.filter((origin) => (own.get(origin) ?? 0) > (other.get(origin) ?? 0)));
      expect(weLack.sort()).toEqual(origins.filter((origin) => (own.get(origin) ?? 0) < (other.get(origin) ?? 0)));
    }),
  );
});

test("GOSSIP-20: an origin that a page does not name, within its bounds, is unknown to its sender", () => {
  const own = new Map([
    ["b", 4],
    ["x", 9],
  ]);
  const page = { after: null, through: "c", entries: [{ origin: "a", upTo: 2 }] };
  expect(compareToPage(own, page)).toEqual({
    theyLack: [{ origin: "b", upTo: 0 }],
    weLack: [{ origin: "a", upTo: 0 }],
  });
});
