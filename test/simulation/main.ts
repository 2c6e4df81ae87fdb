/**
 * `npm run simulate`: one seed in detail, or many as a table. Exit code 1 when any promise was broken, 2 for bad options, 130
 * when it was interrupted: it says what it has by then.
 */
import { type CliOptions, parseCli, USAGE } from "./cli-options.ts";
import { EXPECTED_MARKS } from "./expected-marks.ts";
import { ProgressLine } from "./progress-line.ts";
import { describeMarks, describeOutcome, TABLE_HEAD, tableRow } from "./report.ts";
import { runSeeds } from "./seed-pool.ts";
import type { SeedResult } from "./seed-worker.ts";

const INTERRUPTED = 130;

const args = process.argv.slice(2);
if (args.includes("--help") || args.includes("-h")) {
  console.log(USAGE);
  process.exit(0);
}
const options = readOptions();
const results: SeedResult[] = [];
const say = options.json ? () => undefined : (line: string) => console.log(line);
const line = new ProgressLine(
  {
    hubs: options.topology.hubs.length,
    seeds: options.seeds,
    terminal: process.stderr.isTTY && !options.trace,
    write: (text) => process.stderr.write(text),
  },
  performance.now(),
);

process.once("SIGINT", () => {
  line.clear();
  conclude(true);
  process.exit(INTERRUPTED);
});
if (options.seeds > 1) {
  const last = options.seed + options.seeds - 1;
  say(`${options.topology.name}, ${options.minutes} minutes of trouble, seeds ${options.seed} to ${last}`);
  say(TABLE_HEAD);
}
const seeds = Array.from({ length: options.seeds }, (_, index) => options.seed + index);
await runSeeds(args, seeds, options.jobs, {
  finished: (result) => {
    line.finished(result.outcome.seed, result.outcome.simulatedMs);
    results.push(result);
    if (options.seeds > 1) say(tableRow(result.outcome, result.realMs));
  },
  progressed: (seed, progress) => line.progressed(seed, progress, performance.now()),
});
conclude(false);
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

function conclude(interrupted: boolean): void {
  results.sort((a, b) => a.outcome.seed - b.outcome.seed);
  if (options.json) console.log(JSON.stringify(results, null, 2));
  else if (options.seeds === 1) concludeOne(interrupted);
  else concludeMany(interrupted);
}

function concludeOne(interrupted: boolean): void {
  if (interrupted) say(`interrupted: ${line.describe(performance.now())}`);
  for (const { outcome, realMs } of results) {
    const again = [...args.filter((argument) => argument !== "--trace"), "--trace"];
    say(describeOutcome(outcome, realMs, `npm run simulate -- ${again.join(" ")}`));
    say(describeMarks([outcome], []));
  }
}

function concludeMany(interrupted: boolean): void {
  const outcomes = results.map(({ outcome }) => outcome);
  const failed = outcomes.filter(({ failure }) => failure);
  say(describeMarks(outcomes, interrupted ? [] : EXPECTED_MARKS));
  const rest = interrupted ? `, interrupted before ${options.seeds - results.length} more` : "";
  say(`${results.length - failed.length} of ${results.length} seeds clean${rest}`);
  for (const { seed, failure } of failed) say(`  seed ${seed}: ${failure?.invariant}: ${failure?.detail}`);
}
