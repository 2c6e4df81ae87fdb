import fc from "fast-check";
import { expect, test } from "vitest";
import { ChangeJournal } from "./change-journal.ts";

test("a journal names what changed after a version, the latest first, each once", () => {
  const journal = new ChangeJournal<string>(10, 5);
  expect(journal.since(5)).toEqual([]);
  journal.add(6, "a");
  journal.add(7, "b");
  journal.add(9, "a");
  expect(journal.since(5)).toEqual(["a", "b"]);
  expect(journal.since(7)).toEqual(["a"]);
  expect(journal.since(9)).toEqual([]);
});

test("a journal says when it does not reach back far enough, and never leaves a change out", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), fc.array(fc.integer({ min: 0, max: 3 })), (limit, steps) => {
      const journal = new ChangeJournal<number>(limit, 0);
      const all: { version: number; id: number }[] = [];
      let version = 0;
      steps.forEach((step, id) => {
        version += step;
        if (version === 0) return;
        all.push({ version, id });
        journal.add(version, id);
      });
      for (let from = 0; from <= version; from++) {
        const expected = all.filter((entry) => entry.version > from).map(({ id }) => id);
        const told = journal.since(from);
        if (told) expect([...told].reverse()).toEqual(expected);
        else expect(expected.length).toBeGreaterThan(0);
        if (all.length <= limit) expect(told).not.toBeNull();
      }
    }),
  );
});

test("a journal from before its beginning is no journal", () => {
  expect(new ChangeJournal<string>(4, 10).since(9)).toBeNull();
});
