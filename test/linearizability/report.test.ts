import { expect, test } from "vitest";
import { check } from "./check.ts";
import type { Operation } from "./operation.ts";
import { describeVerdict } from "./report.ts";

const write = (key: string, at: number, version: number, revision: number): Operation => ({
  process: "writer",
  key,
  kind: "write",
  value: { step: version },
  invokedAt: at,
  returnedAt: at + 1,
  outcome: { kind: "written", version, revision, created: version === 1 },
});
const read = (key: string, at: number, version: number): Operation => ({
  process: "reader",
  key,
  kind: "read",
  consistency: "linearizable",
  invokedAt: at,
  returnedAt: at + 1,
  outcome: { kind: "found", value: { step: version }, version },
});

test("a right history is one line", () => {
  expect(describeVerdict(check([write("a", 0, 1, 1), read("a", 2, 1)]))).toBe(
    "linearizable: 2 operations on 1 keys, 2 configurations explored",
  );
});

test("of several keys without an order the one with the shortest history is told, with times, order and state", () => {
  const long = Array.from({ length: 12 }, (_, at) => write("long", 10 * at, at + 1, 100 + at));
  const history = [...long, read("long", 200, 3), write("short", 1_000, 1, 200), write("short", 1_002, 2, 201)];
  expect(describeVerdict(check([...history, read("short", 1_004, 1)]))).toBe(
    [
      "violated: 16 operations on 2 keys, 16 configurations explored",
      "key short, after 3 operations: no order explains",
      '    [1004.000 ms, 1005.000 ms] reader: read short → {"step":1} at version 1',
      '  the furthest order before it ends in {"step":2} at version 2',
      '    [1000.000 ms, 1001.000 ms] writer: write short = {"step":1} → created at version 1, revision 200',
      '    [1002.000 ms, 1003.000 ms] writer: write short = {"step":2} → written at version 2, revision 201',
      "the same of 1 more keys: long",
    ].join("\n"),
  );
});

test("a call that could not be once another took effect is named beside it", () => {
  const slow: Operation = { ...read("a", 1, 1), invokedAt: 3.5, returnedAt: 9 } as Operation;
  const wrong: Operation = { ...slow, outcome: { kind: "found", value: "nobody", version: 2 } } as Operation;
  const text = describeVerdict(check([write("a", 0, 1, 1), wrong, write("a", 4, 2, 2)]));
  expect(text).toContain("no order explains\n    [4.000 ms, 5.000 ms] writer: write a");
  expect(text).toContain('never could:\n    [3.500 ms, 9.000 ms] reader: read a → "nobody" at version 2');
});

test("revisions that went back are shown as the two writes", () => {
  const text = describeVerdict(check([write("a", 0, 1, 5), write("b", 2, 1, 4)]));
  expect(text).toContain("the revision did not grow:\n    [0.000 ms, 1.000 ms] writer: write a");
});
