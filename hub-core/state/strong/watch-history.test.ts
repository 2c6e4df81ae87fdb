import fc from "fast-check";
import { expect, test } from "vitest";
import type { ChangeAnswer } from "../../wire/key-values.ts";
import { VALUE_BYTES } from "../../wire/log.ts";
import { StrongKeyValues } from "./key-values.ts";
import { MAX_CHANGE_BYTES, MAX_CHANGES, MAX_KEYS } from "./limits.ts";
import { steps } from "./model.test-helper.ts";
import { briefly, del, grant, inside, put, START } from "./operations.test-helper.ts";

/** Follows a watch to its end, page by page. */
function follow(keys: StrongKeyValues, since: number, limit: number, prefix = ""): ChangeAnswer[] {
  const all: ChangeAnswer[] = [];
  for (let from = since; ; ) {
    const { changes, revision } = inside(keys.changes({ prefix, since: from, limit }));
    all.push(...changes);
    if (revision === from) return all;
    from = revision;
  }
}

const listOf = (keys: StrongKeyValues): unknown[] => inside(keys.list({ prefix: "", limit: 1_000 })).keys;

test("STRONG-6: from any revision, in pages of any size, the changes lead from what was listed there to what is", () => {
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 5 }), (all, limit) => {
      const keys = new StrongKeyValues("global");
      const listed = new Map<number, unknown[]>([[0, []]]);
      let at = START;
      for (const step of all) {
        at += step.after;
        keys.lapse(at);
        if (step.do === "operation") keys.apply(step.operation, at);
        listed.set(keys.revision, listOf(keys));
      }
      for (const [since, before] of listed) {
        const changes = follow(keys, since, limit);
        const replayed = new Map(before.map((key) => [(key as { key: string }).key, key]));
        for (const { type, revision: _, ...key } of changes) {
          if (type === "delete") replayed.delete(key.key);
          else replayed.set(key.key, key);
        }
        expect([...replayed].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, key]) => key)).toEqual(listOf(keys));
        const revisions = changes.map(({ revision }) => revision);
        expect(revisions).toEqual([...revisions].sort((a, b) => a - b));
        expect(new Set(revisions).size).toBe(keys.revision - since);
        expect(new Set(changes.map(({ key, revision }) => `${revision} ${key}`)).size).toBe(changes.length);
        const some = follow(keys, since, limit, "a");
        expect(some).toEqual(changes.filter(({ key }) => key.startsWith("a")));
      }
    }),
    { numRuns: 100 },
  );
});

test("STRONG-6: a revision is told whole, in however small a page, and one to come is waited for", () => {
  const keys = new StrongKeyValues("global");
  keys.apply(grant("l", 1_000), START);
  for (const key of ["x", "y", "z"]) keys.apply(put(key, 1, { lease: "l" }), START);
  keys.lapse(START + 1_000);
  keys.apply(put("x", 2), START);
  expect(inside(keys.changes({ prefix: "", since: 3, limit: 1 }))).toEqual({
    changes: ["x", "y", "z"].map((key) => ({ type: "delete", key, revision: 4 })),
    revision: 4,
    group: "global",
  });
  expect(inside(keys.changes({ prefix: "", since: 4 })).changes).toEqual([
    { type: "put", key: "x", value: 2, version: 5, create_revision: 5, fencing_token: 5, lease: null, revision: 5 },
  ]);
  expect(inside(keys.changes({ prefix: "q", since: 0 }))).toMatchObject({ changes: [], revision: 5 });
  expect(inside(keys.changes({ prefix: "", since: 9 }))).toMatchObject({ changes: [], revision: 9 });
});

test("STRONG-7: the oldest revision is forgotten whole, and who needs it is told", () => {
  const keys = new StrongKeyValues("global");
  for (let i = 0; i < MAX_CHANGES + 10; i++) keys.apply(put(`k${i % 7}`, i), START);
  expect(keys.usage().changes).toEqual({ used: MAX_CHANGES, max: MAX_CHANGES });
  expect(keys.changes({ prefix: "", since: 9 })).toMatchObject({
    problem: { status: 410, code: "compacted", extra: { compacted_revision: 10, revision: MAX_CHANGES + 10 } },
  });
  expect(inside(keys.changes({ prefix: "", since: 10, limit: 1 })).changes[0].revision).toBe(11);
});

test("STRONG-7: large values are fewer changes", () => {
  const keys = new StrongKeyValues("global");
  const value = "x".repeat(VALUE_BYTES - 2);
  for (let i = 0; i < 200; i++) keys.apply(put("k", value), START);
  const { changes, change_bytes: bytes } = keys.usage();
  expect(bytes.used).toBeLessThanOrEqual(MAX_CHANGE_BYTES);
  expect(changes.used).toBe(Math.floor(MAX_CHANGE_BYTES / (VALUE_BYTES + 1 + 64)));
  expect(follow(keys, 200 - changes.used, 1_000)).toHaveLength(changes.used);
  expect(briefly(keys.changes({ prefix: "", since: 199 - changes.used }))).toBe("410 compacted");
});

test("STRONG-7: a revision that is more than the history holds is a gap for all who were before it", () => {
  const keys = new StrongKeyValues("global");
  keys.apply(grant("l", 1_000), START);
  for (let i = 0; i < MAX_CHANGES + 50; i++) keys.apply(put(`k${i}`, 1, { lease: "l" }), START);
  keys.apply(put("other", 1), START);
  expect(MAX_CHANGES).toBeLessThan(MAX_KEYS);
  keys.lapse(START + 1_000);
  const { revision } = keys;
  expect(briefly(keys.changes({ prefix: "", since: revision - 1 }))).toBe("410 compacted");
  expect(inside(keys.changes({ prefix: "", since: revision })).changes).toEqual([]);
  keys.apply(del("other"), START);
  expect(inside(keys.changes({ prefix: "", since: revision })).changes).toHaveLength(1);
  expect(keys.usage().changes.used).toBe(1);
});
