/** Every mutant must be caught: `npm run mutants`. Minutes, so not among the tests that are run at every turn. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { MUTANTS } from "./mutants.ts";
import type { Verdict } from "./run.ts";

const run = promisify(execFile);

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
