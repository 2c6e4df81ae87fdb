/**
 * Runs the simulator with one bug planted, seed after seed, until an invariant notices.
 *   node test/simulation/mutants/run.ts                 # all
 *   node test/simulation/mutants/run.ts "name" [json]   # one; the verdict as JSON
 */
import { registerHooks } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { infect, type Mutant } from "./mutant.ts";
import { MUTANTS } from "./mutants.ts";

export interface Verdict {
  readonly mutant: string;
  readonly caught: boolean;
  readonly seeds: number;
  readonly by: string | null;
  readonly detail: string | null;
}

const ROOT = join(import.meta.dirname, "../../..");
const [wanted, format] = process.argv.slice(2);
const mutant = MUTANTS.find(({ name }) => name === wanted);

if (mutant) {
  const verdict = await hunt(mutant);
  console.log(format === "json" ? JSON.stringify(verdict) : describe(verdict));
  if (!verdict.caught) process.exitCode = 1;
} else {
  console.error(`name one of:\n${MUTANTS.map(({ name }) => `  ${name}`).join("\n")}`);
  process.exitCode = 2;
}

async function hunt(mutant: Mutant): Promise<Verdict> {
  plant(mutant);
  // Loaded only now, so that the bug is in.
  const { parseCli } = await import("../cli-options.ts");
  const { runSeed } = await import("../seed-worker.ts");
  const options = parseCli(mutant.scenario);
  if (typeof options === "string") throw new Error(options);
  for (let seed = 1; seed <= mutant.withinSeeds; seed++) {
    const { failure } = runSeed(options, seed).outcome;
    if (failure)
      return { mutant: mutant.name, caught: true, seeds: seed, by: failure.invariant, detail: failure.detail };
  }
  return { mutant: mutant.name, caught: false, seeds: mutant.withinSeeds, by: null, detail: null };
}

function plant(mutant: Mutant): void {
  const infected = pathToFileURL(join(ROOT, mutant.file)).href;
  registerHooks({
    load: (url, context, nextLoad) => {
      const loaded = nextLoad(url, context);
      if (url !== infected) return loaded;
      if (!loaded.source) throw new Error(`${mutant.file} has no source`);
      const source = typeof loaded.source === "string" ? loaded.source : new TextDecoder().decode(loaded.source);
      return { ...loaded, source: infect(mutant, source) };
    },
  });
}

function describe(verdict: Verdict): string {
  return verdict.caught
    ? `caught by ${verdict.by} with ${verdict.seeds} seeds: ${verdict.detail}`
    : `NOT caught by ${verdict.seeds} seeds`;
}
