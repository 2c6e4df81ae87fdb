/** `npm run simulate`: one seed in detail, or many as a table. Exit code 1 when any promise was broken, 2 for bad options. */
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { type CliOptions, parseCli, USAGE } from "./cli-options.ts";
import { FAULTS } from "./faults/plan.ts";
import { describeMarks, describeOutcome, TABLE_HEAD, tableRow } from "./report.ts";
import { runSeed, type SeedResult } from "./seed-worker.ts";

const EXPECTED_MARKS = [
  ...FAULTS.map(({ name }) => `fault:${name}`),
  "crash-before-persist",
  "crash-after-persist",
  "crash-between-sends",
];

const args = process.argv.slice(2);
const options = readOptions();
const results = options.seeds === 1 ? [single(options)] : await many(options);
if (options.json) console.log(JSON.stringify(results, null, 2));
if (results.some(({ outcome }) => outcome.failure)) process.exitCode = 1;

function readOptions(): CliOptions {
  try {
    const parsed = parseCli(args);
    if (typeof parsed !== "string") return parsed;
    console.error(parsed);
  } catch (error) {
    // What parseArgs throws is about the arguments and says so.
    console.error(error instanceof Error ? error.message : error);
  }
  console.error(USAGE);
  process.exit(2);
}

function single(options: CliOptions): SeedResult {
  const result = runSeed(options, options.seed);
  if (options.json) return result;
  console.log(describeOutcome(result.outcome, result.realMs, `npm run simulate -- ${args.join(" ")} --trace`));
  console.log(describeMarks([result.outcome], []));
  return result;
}

async function many(options: CliOptions): Promise<SeedResult[]> {
  const say = options.json ? () => undefined : (line: string) => console.log(line);
  say(
    `${options.topology.name}, ${options.minutes} minutes of trouble, seeds ${options.seed} to ${options.seed + options.seeds - 1}`,
  );
  say(TABLE_HEAD);
  const seeds = Array.from({ length: options.seeds }, (_, index) => options.seed + index);
  const results: SeedResult[] = [];
  const took = (result: SeedResult): void => {
    results.push(result);
    say(tableRow(result.outcome, result.realMs));
  };
  if (options.jobs <= 1) for (const seed of seeds) took(runSeed(options, seed));
  else await Promise.all(Array.from({ length: options.jobs }, () => drain(seeds, took)));
  results.sort((a, b) => a.outcome.seed - b.outcome.seed);
  const failed = results.filter(({ outcome }) => outcome.failure);
  say(
    describeMarks(
      results.map(({ outcome }) => outcome),
      EXPECTED_MARKS,
    ),
  );
  say(`${results.length - failed.length} of ${results.length} seeds clean`);
  for (const { outcome } of failed)
    say(`  seed ${outcome.seed}: ${outcome.failure?.invariant}: ${outcome.failure?.detail}`);
  return results;
}

/** One thread takes seeds from the common list until it is empty. */
function drain(seeds: number[], took: (result: SeedResult) => void): Promise<void> {
  const worker = new Worker(join(import.meta.dirname, "seed-worker.ts"), { workerData: args });
  return new Promise((resolve, reject) => {
    const next = (): void => {
      const seed = seeds.shift();
      if (seed !== undefined) worker.postMessage(seed);
      else worker.terminate().then(() => resolve(), reject);
    };
    worker.on("message", (result: SeedResult) => {
      took(result);
      next();
    });
    worker.on("error", reject);
    next();
  });
}
