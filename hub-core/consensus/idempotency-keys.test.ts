import { expect, test } from "vitest";
import { answered, refused } from "../common/problem.ts";
import { briefly } from "../state/strong/operations.test-helper.ts";
import { IdempotencyKeys } from "./idempotency-keys.ts";
import { IDEMPOTENCY_TTL_MS, MAX_IDEMPOTENCY_BYTES, MAX_IDEMPOTENCY_KEYS } from "./limits.ts";

const ok = answered({ done: true });
const record = (
  keys: IdempotencyKeys,
  key: string,
  at: number,
  reply = ok as Parameters<IdempotencyKeys["record"]>[1],
) => keys.record({ key, request: "r" }, reply, JSON.stringify(reply), at);

test("SESS-6: a refusal that another try may turn is no outcome", () => {
  const keys = new IdempotencyKeys();
  for (const status of [429, 507, 504]) record(keys, `${status}`, 0, refused(status, "later", "Try again."));
  record(keys, "412", 0, refused(412, "version_mismatch", "No."));
  expect(["429", "507", "504", "412"].map((key) => briefly(keys.recall({ key, request: "r" }, 1)))).toEqual([
    "nothing",
    "nothing",
    "nothing",
    "412 version_mismatch",
  ]);
});

test("SESS-6: the newest keys are kept, for a day of log time", () => {
  const keys = new IdempotencyKeys();
  for (let i = 0; i < MAX_IDEMPOTENCY_KEYS + 5; i++) record(keys, `k${i}`, i);
  expect(keys.size).toBe(MAX_IDEMPOTENCY_KEYS);
  expect(keys.recall({ key: "k4", request: "r" }, 9_000)).toBeUndefined();
  expect(keys.recall({ key: "k5", request: "r" }, 9_000)).toEqual(ok);
  expect(keys.recall({ key: "k5", request: "r" }, 5 + IDEMPOTENCY_TTL_MS)).toBeUndefined();
  record(keys, "new", 5 + IDEMPOTENCY_TTL_MS);
  expect(keys.size).toBe(MAX_IDEMPOTENCY_KEYS);
  record(keys, "newer", 2 * IDEMPOTENCY_TTL_MS);
  expect(keys.size).toBe(2);
});

test("SESS-6: replies have a bound in bytes", () => {
  const keys = new IdempotencyKeys();
  const large = answered({ text: "x".repeat(200_000) });
  for (let i = 0; i < 50; i++) record(keys, `k${i}`, i, large);
  expect(keys.bytes).toBeLessThanOrEqual(MAX_IDEMPOTENCY_BYTES);
  expect(keys.size).toBe(Math.floor(MAX_IDEMPOTENCY_BYTES / (JSON.stringify(large).length + 4)));
  expect(keys.recall({ key: "k49", request: "r" }, 50)).toEqual(large);
});
