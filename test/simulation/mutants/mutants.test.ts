import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { infect } from "./mutant.ts";
import { MUTANTS } from "./mutants.ts";

const ROOT = join(import.meta.dirname, "../../..");

test("there are at least eighty mutants, and each still has its line to change", () => {
  expect(MUTANTS.length).toBeGreaterThanOrEqual(80);
  for (const mutant of MUTANTS) {
    const source = readFileSync(join(ROOT, mutant.file), "utf8");
    expect(infect(mutant, source)).not.toBe(source);
  }
});
