import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { Random } from "../../hub-core/common/random.ts";
import { staleRead } from "./corrupt.test-helper.ts";
import { execute } from "./generate.ts";
import { toLines } from "./history-file.ts";

const folder = mkdtempSync(join(tmpdir(), "histories-"));
afterAll(() => rmSync(folder, { recursive: true }));

const execution = execute({ seed: 2, processes: 5, keys: 2, operations: 200, unknown: 0.05, refused: 0.05 });

function run(text: string, ...options: string[]) {
  const file = join(folder, "history.jsonl");
  writeFileSync(file, text);
  return spawnSync(process.execPath, [join(import.meta.dirname, "main.ts"), file, ...options], { encoding: "utf8" });
}

test("a right history: the verdict and exit code 0", () => {
  const { status, stdout } = run(toLines(execution.history));
  expect(stdout).toMatch(/^linearizable: 200 operations on 2 keys/);
  expect(status).toBe(0);
});

test("a wrong history: the operations that break it and exit code 1", () => {
  const history = staleRead(execution, new Random(1)) ?? [];
  const { status, stdout } = run(toLines(history));
  expect(stdout).toMatch(/^violated: 200 operations on 2 keys/);
  expect(stdout).toContain("no order explains");
  expect(status).toBe(1);
  expect(JSON.parse(run(toLines(history), "--json").stdout)).toMatchObject({ finding: "violated", operations: 200 });
});

test("no history and bad options: what is wrong, and exit code 2", () => {
  expect(run("nonsense")).toMatchObject({ status: 2, stderr: expect.stringContaining("history.jsonl:1: is not JSON") });
  expect(run("", "--rewrite", "lower")).toMatchObject({
    status: 2,
    stderr: "--rewrite lower: expected successor or higher\n",
  });
  expect(run("", "--unknown")).toMatchObject({ status: 2, stderr: expect.stringContaining("--unknown") });
});

test("too much to decide: exit code 3", () => {
  expect(run(toLines(execution.history), "--limit", "1")).toMatchObject({ status: 3 });
});
