import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { infect } from "./mutant.ts";
import { MUTANTS } from "./mutants.ts";
import type { Verdict } from "./run.ts";

const ROOT = join(import.meta.dirname, "../../..");
const run = promisify(execFile);

test("there are at least eighteen mutants, and each still has its line to change", () => {
  expect(MUTANTS.length).toBeGreaterThanOrEqual(18);
  for (const mutant of MUTANTS) {
    const source = readFileSync(join(ROOT, mutant.file), "utf8");
    expect(infect(mutant, source)).not.toBe(source);
  }
});

test.concurrent.each(MUTANTS.map((mutant) => [mutant.name, mutant] as const))(
  "the simulator catches a hub that %s",
  async (name, mutant) => {
    const script = join(import.meta.dirname, "run.ts");
    const { stdout } = await run(process.execPath, [script, name, "json"], { maxBuffer: 1 << 26 });
    const verdict = JSON.parse(stdout) as Verdict;
    expect(verdict.caught).toBe(true);
    expect(verdict.seeds).toBeLessThanOrEqual(mutant.withinSeeds);
  },
  300_000,
);
