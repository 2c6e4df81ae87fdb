import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { infect } from "../../simulation/mutants/mutant.ts";
import { MUTANTS } from "./mutants.ts";
import { SMALL } from "./scenarios.ts";
import { TIMEOUT_MS, verdictOf } from "./verdict.test-helper.ts";

const ROOT = join(import.meta.dirname, "../../..");

test.concurrent.each(SMALL.map(({ name, idea }) => [name, idea] as const))(
  "every promise holds in every state of %s: %s",
  async (name) => {
    const { kind, states, promises } = await verdictOf(name);
    expect({ kind, promises }).toEqual({ kind: "complete", promises: [] });
    expect(states).toBeGreaterThan(500);
  },
  TIMEOUT_MS,
);

/** All of them are hunted by `npm run mutants`. */
test("a bug is found, and every other still has its line to change", async () => {
  const verdict = await verdictOf("--bug", "is elected by less than half");
  expect(verdict).toMatchObject({
    kind: "violated",
    actions: 2,
    promises: [expect.stringContaining("election safety")],
  });
  for (const mutant of MUTANTS) {
    const source = readFileSync(join(ROOT, mutant.file), "utf8");
    expect(infect(mutant, source)).not.toBe(source);
  }
});

/** Three names can be exchanged in six ways; states that are their own mirror images are counted once. */
test("hubs that are taken for interchangeable hide no depth", async () => {
  const reduced = await verdictOf("one-election");
  const all = await verdictOf("one-election", "--as-they-are");
  expect(all).toMatchObject({ kind: "complete", depth: reduced.depth });
  expect(all.states).toBeGreaterThan(5 * reduced.states);
  expect(all.states).toBeLessThanOrEqual(6 * reduced.states);
});
