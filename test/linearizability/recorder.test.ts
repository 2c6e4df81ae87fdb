import { expect, test } from "vitest";
import { check, findingOf } from "./check.ts";
import { execute } from "./generate.ts";
import { fromLines, toLines } from "./history-file.ts";
import { Recorder } from "./recorder.ts";

test("what is recorded is what was asked, when, and what came of it", () => {
  let now = 10;
  const recorder = new Recorder(() => now);
  const write = recorder.start("p", { kind: "write", key: "a", value: { b: 1 } });
  const read = recorder.start("q", { kind: "read", key: "a", consistency: "linearizable" });
  now = 20;
  write.finish({ kind: "written", version: 1, revision: 1, created: true });
  const [wrote, reads] = recorder.history();
  expect(wrote).toMatchObject({ process: "p", key: "a", value: { b: 1 }, invokedAt: 10, returnedAt: 20 });
  expect(reads).toMatchObject({ process: "q", returnedAt: null, outcome: { kind: "unknown" } });
  read.finish({ kind: "absent" });
  expect(() => read.finish({ kind: "absent" })).toThrow("finished twice");
});

test("what happened within one millisecond keeps its order", () => {
  const recorder = new Recorder(() => Date.UTC(2100, 0));
  const write = recorder.start("p", { kind: "write", key: "a", value: 1 });
  write.finish({ kind: "written", version: 1, revision: 1, created: true });
  recorder.start("p", { kind: "read", key: "a", consistency: "linearizable" }).finish({ kind: "absent" });
  expect(findingOf(check(recorder.history()))).toBe("violated");
});

test("a history comes back from its lines as it was", () => {
  const { history } = execute({ seed: 1, processes: 9, keys: 3, operations: 500, unknown: 0.1, refused: 0.1 });
  expect(fromLines(toLines(history))).toEqual({ ok: true, history });
});

test.each([
  ["a line that was cut off", '{"process":"p","key"', "is not JSON"],
  ["an operation that there is not", '{"kind":"increment"}', "kind"],
  ["an outcome that the operation cannot have", line({ outcome: { kind: "deleted", revision: 1 } }), "outcome"],
  ["an answer without a time", line({ outcome: { kind: "absent" } }), "no time"],
  ["a return before the invocation", line({ returnedAt: 1 }), "before it was invoked"],
])("%s is refused with its line", (_, text, problem) => {
  const loaded = fromLines(`${line({})}\n\n${text}`);
  expect(loaded).toMatchObject({ ok: false, line: 3 });
  expect(loaded.ok ? "" : loaded.problem).toContain(problem);
});

function line(changes: object): string {
  const unanswered = { kind: "read", key: "a", consistency: "linearizable", outcome: { kind: "unknown" } };
  return JSON.stringify({ ...unanswered, process: "p", invokedAt: 2, returnedAt: null, ...changes });
}
