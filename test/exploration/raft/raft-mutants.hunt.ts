/** Every mutant must be found, by the fewest actions that it takes: `npm run mutants`. */
import { expect, test } from "vitest";
import { MUTANTS } from "./mutants.ts";
import { TIMEOUT_MS, verdictOf } from "./verdict.test-helper.ts";

test.concurrent.each(MUTANTS.map((mutant) => [mutant.name, mutant] as const))(
  "the exploration finds a Raft that %s",
  async (name, { breaks, actions }) => {
    const verdict = await verdictOf("--bug", name);
    expect(verdict).toMatchObject({ kind: "violated", actions });
    expect(verdict.promises.join()).toContain(breaks);
  },
  TIMEOUT_MS,
);
