import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import type { Verdict } from "./main.ts";
import { MUTANTS } from "./mutants.ts";
import { SMALL } from "./scenarios.ts";

const run = promisify(execFile);
const TIMEOUT_MS = 300_000;

async function verdictOf(...options: string[]): Promise<Verdict> {
  const { stdout } = await run(process.execPath, [join(import.meta.dirname, "main.ts"), "--json", ...options]);
  return JSON.parse(stdout) as Verdict;
}

test.concurrent.each(SMALL.map(({ name, idea }) => [name, idea] as const))(
  "every promise holds in every state of %s: %s",
  async (name) => {
    const { kind, states, promises } = await verdictOf(name);
    expect({ kind, promises }).toEqual({ kind: "complete", promises: [] });
    expect(states).toBeGreaterThan(500);
  },
  TIMEOUT_MS,
);

test.concurrent.each(MUTANTS.map((mutant) => [mutant.name, mutant] as const))(
  "the exploration finds a Raft that %s",
  async (name, { breaks, actions }) => {
    const verdict = await verdictOf("--bug", name);
    expect(verdict).toMatchObject({ kind: "violated", actions });
    expect(verdict.promises.join()).toContain(breaks);
  },
  TIMEOUT_MS,
);

/** As many names as three hubs may exchange, at most; as deep, and as whole. */
test(
  "hubs that are taken for interchangeable hide no depth",
  async () => {
    const reduced = await verdictOf("one-election");
    const all = await verdictOf("one-election", "--as-they-are");
    expect(all).toMatchObject({ kind: "complete", depth: reduced.depth });
    expect(all.states).toBeGreaterThan(5 * reduced.states);
    expect(all.states).toBeLessThanOrEqual(6 * reduced.states);
  },
  TIMEOUT_MS,
);
