import { expect, test } from "vitest";
import type { CheckOutcome } from "../common/outbox.ts";
import { ClusterHealth } from "./cluster-health.ts";
import { clusterRecord } from "./records.test-helper.ts";

const CHECK = { url: "http://c/health", intervalMs: 2_000, timeoutMs: 1_000 };
const OK: CheckOutcome = { kind: "answered", status: 200, latencyMs: 20 };
const BROKEN: CheckOutcome = { kind: "answered", status: 500, latencyMs: 20 };

function health(thresholds = { unhealthyThreshold: 3, healthyThreshold: 2 }, more = {}) {
  return new ClusterHealth(thresholds, clusterRecord({ healthCheck: CHECK, ...more }));
}

function after(subject: ClusterHealth, ...outcomes: CheckOutcome[]) {
  for (const outcome of outcomes) subject.checked(outcome, CHECK.timeoutMs);
  return subject.verdict(0, clusterRecord().services).state;
}

test("REG-32: it takes the thresholds in a row to turn a state, down and up", () => {
  const subject = health();
  expect(after(subject, BROKEN, BROKEN)).toBe("passing");
  expect(after(subject, OK, BROKEN, BROKEN)).toBe("passing");
  expect(after(subject, BROKEN)).toBe("critical");
  expect(after(subject, OK)).toBe("critical");
  expect(after(subject, BROKEN, OK)).toBe("critical");
  expect(after(subject, OK)).toBe("passing");
});

test("REG-32: a refused connection counts double, but one answer alone settles nothing", () => {
  expect(after(health(), { kind: "refused" })).toBe("passing");
  expect(after(health(), { kind: "refused" }, { kind: "refused" })).toBe("critical");
  const quick = { unhealthyThreshold: 2, healthyThreshold: 2 };
  expect(after(health(quick), { kind: "refused" })).toBe("passing");
  expect(after(health({ unhealthyThreshold: 1, healthyThreshold: 1 }), { kind: "timeout" })).toBe("critical");
});

test("REG-32: 2xx and 3xx pass, all else fails", () => {
  const once = { unhealthyThreshold: 1, healthyThreshold: 1 };
  const states = [200, 204, 301, 399, 400, 404, 500, 503, 199].map((status) =>
    after(health(once), { kind: "answered", status, latencyMs: 1 }),
  );
  expect(states).toEqual([
    ...["passing", "passing", "passing", "passing"],
    ...["critical", "critical", "critical", "critical", "critical"],
  ]);
});

test("REG-33: 429 and slow answers warn", () => {
  const answer = (status: number, latencyMs: number): CheckOutcome => ({ kind: "answered", status, latencyMs });
  const thrice = (outcome: CheckOutcome): string => after(health(), outcome, outcome, outcome);
  expect(thrice(answer(429, 5))).toBe("warning");
  expect(thrice(answer(200, 501))).toBe("warning");
  expect(thrice(answer(200, 499))).toBe("passing");
});

test("REG-33: one slow answer is a busy moment; it takes the thresholds to warn and to take it back", () => {
  const slow: CheckOutcome = { kind: "answered", status: 200, latencyMs: 800 };
  const subject = health();
  expect(after(subject, slow, slow)).toBe("passing");
  expect(after(subject, OK, slow, slow)).toBe("passing");
  expect(after(subject, slow)).toBe("warning");
  expect(after(subject, OK)).toBe("warning");
  expect(after(subject, OK)).toBe("passing");
});

test("REG-33: high load warns until it is well below again", () => {
  const subject = health();
  const { services } = clusterRecord();
  expect(subject.verdict(0.9, services).state).toBe("warning");
  expect(subject.verdict(0.85, services).state).toBe("warning");
  expect(subject.verdict(0.79, services).state).toBe("passing");
  expect(subject.verdict(0.85, services).state).toBe("passing");
});

test("REG-33: one sick service of several warns, all sick are critical", () => {
  const [web] = clusterRecord().services;
  if (!web) throw new Error("a record has a service");
  const sick = { ...web, name: "api", healthy: false };
  expect(health().verdict(0, [web, sick])).toEqual({ state: "warning", reason: "unhealthy: api" });
  expect(health().verdict(0, [sick]).state).toBe("critical");
});

test("REG-33: with checks and heartbeats both, the worse counts", () => {
  const subject = health();
  subject.missed("no heartbeat for 10 ms");
  expect(after(subject, OK)).toBe("critical");
  subject.heartbeat();
  expect(after(subject, OK)).toBe("passing");
  expect(after(subject, BROKEN, BROKEN, BROKEN)).toBe("critical");
  subject.heartbeat();
  expect(after(subject)).toBe("critical");
});

test("REG-32: a restored cluster is as it was until its checks say otherwise", () => {
  const subject = health(undefined, { state: "critical", reason: "check: HTTP 500" });
  expect(after(subject)).toBe("critical");
  expect(after(subject, OK, OK)).toBe("passing");
});

test("REG-33: the reason fits its field whatever services are called", () => {
  const services = Array.from({ length: 50 }, (_, i) => {
    return { name: `服務${i}`.repeat(5), version: null, tags: [], weight: 1, capacity: null, load: 0, healthy: false };
  });
  const { reason } = health().verdict(0, services);
  expect(new TextEncoder().encode(reason).length).toBeLessThanOrEqual(256);
});
