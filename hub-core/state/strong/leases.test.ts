import fc from "fast-check";
import { expect, test } from "vitest";
import { StrongKeyValues } from "./key-values.ts";
import { MAX_LEASE_MS, MAX_LEASES } from "./limits.ts";
import { keyValueOperation } from "./model.test-helper.ts";
import { briefly, del, grant, inside, put, START } from "./operations.test-helper.ts";

const keysOf = (keys: StrongKeyValues): string[] =>
  inside(keys.list({ prefix: "" })).keys.map(({ key }: { key: string }) => key);

test("STRONG-8: a lease that ends takes its keys with it, in one revision", () => {
  const keys = new StrongKeyValues("global");
  expect(inside(keys.apply(grant("l", 2_000), START))).toMatchObject({ lease_id: "l", ttl_ms: 2_000 });
  for (const key of ["x", "y", "z"]) keys.apply(put(key, 1, { lease: "l" }), START);
  keys.apply(put("stays", 1), START);
  keys.apply(put("z", 2), START);
  expect(inside(keys.lease("l"))).toEqual({
    lease_id: "l",
    ttl_ms: 2_000,
    granted_at: new Date(START).toISOString(),
    expires_at: new Date(START + 2_000).toISOString(),
    group: "global",
    keys: ["x", "y"],
  });
  keys.lapse(START + 1_999);
  expect(keys.revision).toBe(5);
  expect(keys.nextLapse()).toBe(START + 2_000);
  keys.lapse(START + 2_000);
  expect(keysOf(keys)).toEqual(["stays", "z"]);
  expect(keys.nextLapse()).toBe(Number.POSITIVE_INFINITY);
  expect(inside(keys.changes({ prefix: "", since: 5 })).changes).toEqual([
    { type: "delete", key: "x", revision: 6 },
    { type: "delete", key: "y", revision: 6 },
  ]);
});

test("STRONG-8: of leases that end together the one that was over first goes first", () => {
  const keys = new StrongKeyValues("global");
  for (const [lease, ttlMs] of [
    ["a", 3_000],
    ["b", 2_000],
    ["c", 3_000],
  ] as const) {
    keys.apply(grant(lease, ttlMs), START);
    keys.apply(put(`of ${lease}`, 1, { lease }), START);
  }
  keys.lapse(START + 10_000);
  const { changes } = inside(keys.changes({ prefix: "", since: 3 }));
  expect(changes.map(({ key, revision }: { key: string; revision: number }) => `${revision} ${key}`)).toEqual([
    "4 of b",
    "5 of a",
    "6 of c",
  ]);
});

test("STRONG-8: renewed it lasts, revoked it ends, ended it cannot be renewed or written under", () => {
  const keys = new StrongKeyValues("global");
  keys.apply(grant("l", 2_000), START);
  keys.apply(put("k", 1, { lease: "l" }), START);
  keys.apply({ kind: "lease-renew", lease: "l" }, START + 1_500);
  keys.lapse(START + 3_400);
  expect(keysOf(keys)).toEqual(["k"]);
  expect(briefly(keys.apply(grant("l", 2_000), START + 3_400))).toBe("409 lease_exists");
  expect(inside(keys.apply({ kind: "lease-revoke", lease: "l" }, START + 3_400))).toMatchObject({
    keys_deleted: 1,
    revision: 2,
  });
  expect(keysOf(keys)).toEqual([]);
  expect(briefly(keys.apply({ kind: "lease-renew", lease: "l" }, START + 3_400))).toBe("404 lease_unknown");
  expect(briefly(keys.apply({ kind: "lease-revoke", lease: "l" }, START + 3_400))).toBe("404 lease_unknown");
  expect(briefly(keys.apply(put("k", 1, { lease: "l" }), START + 3_400))).toBe("404 lease_unknown");
  expect(briefly(keys.lease("l"))).toBe("404 lease_unknown");
  expect(keys.revision).toBe(2);
});

test("STRONG-9: with a new leader every lease has its full time again, however far ahead its clock is", () => {
  const keys = new StrongKeyValues("global");
  keys.apply(grant("short", 2_000), START);
  keys.apply(grant("long", 60_000), START);
  keys.apply(put("k", 1, { lease: "short" }), START);
  const ahead = START + 3_600_000;
  keys.refill(ahead);
  keys.lapse(ahead);
  expect(keysOf(keys)).toEqual(["k"]);
  expect(keys.nextLapse()).toBe(ahead + 2_000);
  keys.lapse(ahead + 2_000);
  expect(keysOf(keys)).toEqual([]);
  expect(keys.nextLapse()).toBe(ahead + 60_000);
});

test("STRONG-10: each holder of a key has a higher fencing token than the one before", () => {
  const keys = new StrongKeyValues("global");
  const token = () => inside(keys.get("lock")).fencing_token;
  const tokens: number[] = [];
  for (const lease of ["one", "two"]) keys.apply(grant(lease, 2_000), START);
  keys.apply(put("lock", "one", { lease: "one", expect: { version: 0 } }), START);
  tokens.push(token());
  keys.apply(put("lock", "one again", { lease: "one" }), START);
  expect(token()).toBe(tokens[0]);
  keys.apply(put("lock", "seized", { lease: "two" }), START);
  tokens.push(token());
  keys.apply(put("lock", "for good"), START);
  tokens.push(token());
  keys.apply(put("lock", "still"), START);
  expect(token()).toBe(tokens[2]);
  keys.apply(del("lock"), START);
  keys.apply(put("lock", "anew"), START);
  tokens.push(token());
  expect(tokens).toEqual([1, 3, 4, 7]);
});

test("STRONG-10: tokens of a key never go back, and change with every other holder, whatever is done", () => {
  fc.assert(
    fc.property(fc.array(keyValueOperation, { maxLength: 80 }), (operations) => {
      const keys = new StrongKeyValues("global");
      const last = new Map<string, { token: number; holder: string }>();
      for (const operation of operations) {
        keys.apply(operation, START);
        for (const { key, fencing_token: token, lease, create_revision: created } of inside(keys.list({ prefix: "" }))
          .keys) {
          const holder = `${lease}/${created}`;
          const before = last.get(key);
          if (before) expect(token - before.token)[before.holder === holder ? "toBe" : "toBeGreaterThan"](0);
          last.set(key, { token, holder });
        }
      }
    }),
  );
});

test("STRONG-11: who has lost a key writes nothing under it any more", () => {
  const keys = new StrongKeyValues("global");
  keys.apply(grant("l", 2_000), START);
  keys.apply(put("lock", "mine", { lease: "l" }), START);
  const mine = { fence: { key: "lock", token: 1 } };
  expect(briefly(keys.apply(put("work", 1, mine), START))).toBe("201");
  keys.lapse(START + 2_000);
  expect(keys.apply(put("work", 2, mine), START)).toMatchObject({
    problem: { status: 412, code: "fenced_off", extra: { key: "lock", fencing_token: null } },
  });
  keys.apply(put("lock", "another's"), START);
  expect(keys.apply(put("work", 2, mine), START)).toMatchObject({ problem: { extra: { fencing_token: 4 } } });
  expect(briefly(keys.apply(del("work", mine), START))).toBe("412 fenced_off");
  expect(inside(keys.get("work")).value).toBe(1);
  expect(briefly(keys.apply(del("work", { fence: { key: "lock", token: 4 } }), START))).toBe("200");
});

test("STRONG-12: leases are bounded in number and time", () => {
  const keys = new StrongKeyValues("global");
  for (const ttlMs of [0, 999, MAX_LEASE_MS + 1]) {
    expect(briefly(keys.apply(grant("l", ttlMs), START))).toBe("400 lease_ttl");
  }
  for (let i = 0; i < MAX_LEASES; i++) keys.apply(grant(`l${i}`, MAX_LEASE_MS), START);
  expect(briefly(keys.apply(grant("l", 1_000), START))).toBe("507 capacity_exhausted");
  keys.apply({ kind: "lease-revoke", lease: "l7" }, START);
  expect(briefly(keys.apply(grant("l", 1_000), START))).toBe("201");
});
