import { expect, test } from "vitest";
import { type Check, MAX_CHECKS_AT_ONCE } from "../../hub-core/common/outbox.ts";
import type { CheckOutcome } from "../../hub-core/hub/contract.ts";
import { CheckQueue, MAX_CHECKS_WAITING } from "./check-queue.ts";

const check = (clusterId: string, token = 1): Check => ({
  clusterId,
  token,
  url: "http://c.example/health",
  timeoutMs: 100,
});
const ANSWERED: CheckOutcome = { kind: "answered", status: 200, latencyMs: 3 };

function fixture() {
  const started: { check: Check; finish: () => void }[] = [];
  const reported: string[] = [];
  const queue = new CheckQueue(
    (each) => new Promise((resolve) => started.push({ check: each, finish: () => resolve(ANSWERED) })),
    ({ clusterId, token }, { kind }) => reported.push(`${clusterId}#${token} ${kind}`),
  );
  return { queue, started, reported };
}

test("only so many run at once, the rest in the order they came", async () => {
  const { queue, started, reported } = fixture();
  for (let i = 0; i < MAX_CHECKS_AT_ONCE + 2; i++) queue.submit(check(`c${i}`));
  expect(started).toHaveLength(MAX_CHECKS_AT_ONCE);
  expect(queue.waiting).toBe(2);
  started[1]?.finish();
  await Promise.resolve();
  expect(reported).toEqual(["c1#1 answered"]);
  expect(started.at(-1)?.check.clusterId).toBe(`c${MAX_CHECKS_AT_ONCE}`);
  expect(queue.running).toBe(MAX_CHECKS_AT_ONCE);
});

test("a newer check of a cluster takes the place of the waiting one", () => {
  const { queue, started } = fixture();
  for (let i = 0; i < MAX_CHECKS_AT_ONCE; i++) queue.submit(check(`busy${i}`));
  queue.submit(check("c", 1));
  queue.submit(check("c", 2));
  expect(queue.waiting).toBe(1);
  expect(started).toHaveLength(MAX_CHECKS_AT_ONCE);
});

test("a queue at its limit answers at once instead of growing", () => {
  const { queue, reported } = fixture();
  for (let i = 0; i < MAX_CHECKS_AT_ONCE + MAX_CHECKS_WAITING; i++) queue.submit(check(`c${i}`));
  expect(reported).toEqual([]);
  queue.submit(check("one more"));
  expect(reported).toEqual(["one more#1 timeout"]);
  expect(queue.waiting).toBe(MAX_CHECKS_WAITING);
});
