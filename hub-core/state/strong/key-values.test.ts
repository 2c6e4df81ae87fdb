import fc from "fast-check";
import { expect, test } from "vitest";
import { Reader, Writer } from "../../wire/bytes.ts";
import { KEY_BYTES, VALUE_BYTES } from "../../wire/log.ts";
import { StrongKeyValues } from "./key-values.ts";
import { MAX_BYTES, MAX_KEYS, MAX_PAGE_BYTES } from "./limits.ts";
import { Model, steps } from "./model.test-helper.ts";
import { briefly, del, grant, inside, put, START } from "./operations.test-helper.ts";

const bytesOf = (keys: StrongKeyValues): Uint8Array => {
  const writer = new Writer(2);
  keys.write(writer);
  return writer.finish();
};

test("STRONG-1, STRONG-4: whatever is done, keys, versions, tokens and revision are those of the plain model", () => {
  fc.assert(
    fc.property(steps, (all) => {
      const keys = new StrongKeyValues("global");
      const model = new Model();
      let at = START;
      for (const step of all) {
        at += step.after;
        if (step.do === "refill") {
          keys.refill(at);
          model.refill(at);
        }
        keys.lapse(at);
        model.lapse(at);
        if (step.do === "operation") {
          const before = bytesOf(keys);
          const reply = keys.apply(step.operation, at);
          expect(reply.ok ? reply.status : reply.problem.status).toBe(model.apply(step.operation, at));
          if (!reply.ok) expect(bytesOf(keys)).toEqual(before);
        }
        expect(keys.revision).toBe(model.revision);
        expect(inside(keys.list({ prefix: "", limit: 1_000 }))).toEqual({
          keys: model.listed(),
          next_cursor: null,
          revision: model.revision,
          group: "global",
        });
        expect(keys.nextLapse()).toBe(
          Math.min(Number.POSITIVE_INFINITY, ...[...model.leases.values()].map((l) => l.until)),
        );
      }
    }),
    { numRuns: 150 },
  );
});

test("STRONG-2: a key that was deleted and created again has no version that it had before", () => {
  const keys = new StrongKeyValues("global");
  expect(inside(keys.apply(put("k", 1), START))).toMatchObject({ version: 1, create_revision: 1, revision: 1 });
  expect(inside(keys.apply(put("k", 2), START))).toMatchObject({ version: 2, create_revision: 1 });
  expect(inside(keys.apply(del("k"), START))).toEqual({
    key: "k",
    deleted: true,
    version: 2,
    revision: 3,
    group: "global",
  });
  expect(inside(keys.apply(put("k", 1), START))).toMatchObject({ version: 4, create_revision: 4 });
  for (const version of [1, 2, 3]) expect(keys.meets("k", { version })).toBe(false);
});

test("STRONG-3: compare and set", () => {
  const keys = new StrongKeyValues("global");
  const absent = { expect: { version: 0 } };
  expect(briefly(keys.apply(put("k", 1, absent), START))).toBe("201");
  expect(keys.apply(put("k", 2, absent), START)).toMatchObject({
    problem: { status: 412, code: "version_mismatch", extra: { key: "k", version: 1 } },
  });
  expect(briefly(keys.apply(put("k", 2, { expect: { version: 1 } }), START))).toBe("200");
  expect(briefly(keys.apply(del("k", { expect: { version: 1 } }), START))).toBe("412 version_mismatch");
  expect(briefly(keys.apply(del("k", { expect: { version: 2 } }), START))).toBe("200");
  expect(keys.apply(put("k", 3, { expect: { version: 2 } }), START)).toMatchObject({
    problem: { code: "version_mismatch", extra: { version: null } },
  });
  expect(briefly(keys.apply(del("k"), START))).toBe("404 key_unknown");
  expect(briefly(keys.get("k"))).toBe("404 key_unknown");
});

test("STRONG-5: pages go by key, and a cursor stays good while keys come and go", () => {
  const keys = new StrongKeyValues("global");
  for (const key of ["b", "a/2", "a/1", "a", "a0", "é/1"]) keys.apply(put(key, key), START);
  const page = (prefix: string, cursor?: string) => {
    const { keys: found, next_cursor: next } = inside(keys.list({ prefix, cursor, limit: 2 }));
    return [found.map(({ key }: { key: string }) => key), next];
  };
  expect(page("a")).toEqual([["a", "a/1"], "a/1"]);
  keys.apply(del("a/1"), START);
  keys.apply(put("a/11", 1), START);
  expect(page("a", "a/1")).toEqual([["a/11", "a/2"], "a/2"]);
  expect(page("a", "a/2")).toEqual([["a0"], null]);
  expect(page("a/", "a0")).toEqual([[], null]);
  expect(page("a/", "0")).toEqual([["a/11", "a/2"], null]);
  expect(page("é")).toEqual([["é/1"], null]);
  expect(page("nothing")).toEqual([[], null]);
});

test("STRONG-5: a page ends by size as well, and the pages together are all", () => {
  const keys = new StrongKeyValues("global");
  const value = "x".repeat(VALUE_BYTES - 2);
  for (let i = 0; i < 40; i++) keys.apply(put(`k/${10 + i}`, value), START);
  const seen: string[] = [];
  let pages = 0;
  for (let cursor: string | undefined; ; pages++) {
    const page = inside(keys.list({ prefix: "k/", cursor, limit: 1_000 }));
    expect(page.keys.length * VALUE_BYTES).toBeLessThan(MAX_PAGE_BYTES + 2 * VALUE_BYTES);
    seen.push(...page.keys.map(({ key }: { key: string }) => key));
    if (page.next_cursor === null) break;
    cursor = page.next_cursor;
  }
  expect(pages).toBeGreaterThan(0);
  expect(seen).toEqual(Array.from({ length: 40 }, (_, i) => `k/${10 + i}`));
});

test("STRONG-12: at the limit of keys a new one is refused, and those that are there can still be written", () => {
  const keys = new StrongKeyValues("global");
  for (let i = 0; i < MAX_KEYS; i++) keys.apply(put(`k${i}`, i), START);
  expect(keys.apply(put("one more", 1), START)).toMatchObject({
    problem: {
      status: 507,
      code: "capacity_exhausted",
      extra: { limits: { keys: { used: MAX_KEYS, max: MAX_KEYS } } },
    },
  });
  expect(briefly(keys.apply(put("k1", 2), START))).toBe("200");
  expect(briefly(keys.apply(del("k2"), START))).toBe("200");
  expect(briefly(keys.apply(put("one more", 1), START))).toBe("201");
});

test("STRONG-12: at the limit of bytes only what makes it no more is taken", () => {
  const keys = new StrongKeyValues("global");
  const value = "é".repeat((VALUE_BYTES - 2) / 2);
  const replies = Array.from({ length: 150 }, (_, i) => briefly(keys.apply(put(`k${i}`, value), START)));
  const taken = replies.filter((reply) => reply === "201").length;
  expect(taken).toBe(Math.floor(MAX_BYTES / (VALUE_BYTES + 4)));
  expect(replies.at(-1)).toBe("507 capacity_exhausted");
  expect(keys.usage().bytes.used).toBeLessThanOrEqual(MAX_BYTES);
  expect(briefly(keys.apply(put("k1", "y".repeat(VALUE_BYTES - 2)), START))).toBe("200");
  expect(briefly(keys.apply(put("k2", "small"), START))).toBe("200");
});

test("STRONG-12: what is not JSON is refused", () => {
  const keys = new StrongKeyValues("global");
  expect(briefly(keys.apply({ ...put("k", 1), value: "{" }, START))).toBe("400 invalid_value");
  expect(keys.revision).toBe(0);
});

test("STRONG-13: a value that is the latest change as well is written once", () => {
  const keys = new StrongKeyValues("global");
  for (const key of ["a", "b"]) keys.apply(put(key, "x".repeat(60_000)), START);
  expect(bytesOf(keys).length).toBeLessThan(121_000);
  keys.apply(put("a", 1), START);
  expect(bytesOf(keys).length).toBeGreaterThan(120_000);
});

test("STRONG-13: bytes that are cut, longer or otherwise wrong are no state, and what was there stays", () => {
  const keys = new StrongKeyValues("global");
  keys.apply(grant("l", 2_000), START);
  keys.apply(put("k".repeat(KEY_BYTES), { a: "é" }, { lease: "l" }), START);
  keys.apply(put("m", 1), START);
  keys.apply(put("m", 2), START);
  const bytes = bytesOf(keys);
  for (let length = 0; length < bytes.length; length++) {
    expect(() => keys.read(new Reader(bytes.subarray(0, length), 2))()).toThrow();
  }
  expect(bytesOf(keys)).toEqual(bytes);
  const other = new StrongKeyValues("global");
  other.read(new Reader(bytes, 2))();
  expect(bytesOf(other)).toEqual(bytes);
  expect(other.usage()).toEqual(keys.usage());
});
