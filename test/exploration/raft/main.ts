/**
 * `npm run explore`: small groups of the real Raft, every state of them. Exit code 1 when a promise was broken, 2 for bad options.
 *   npm run explore                      # all
 *   npm run explore -- --quick           # the small ones
 *   npm run explore -- NAME…             # those
 *   npm run explore -- --bug NAME        # one of mutants.ts, which must be found
 *   npm run explore -- --states N        # look at so many states of each, at most
 */
import { execFileSync } from "node:child_process";
import { parseArgs } from "node:util";
import { explore } from "../explore.ts";
import { describeExploration } from "../report.ts";
import { MUTANTS } from "./mutants.ts";
import { openRaft } from "./opened.ts";
import { SCENARIOS, type Scenario, SMALL } from "./scenarios.ts";

/** About a gigabyte for two million. */
const MOST_STATES = 6_000_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    bug: { type: "string" },
    states: { type: "string", default: String(MOST_STATES) },
    json: { type: "boolean", default: false },
  },
});
const bug = MUTANTS.find(({ name }) => name === values.bug);
const wanted = SCENARIOS.filter(({ name }) => positionals.includes(name));
const [only] = wanted;

if (values.bug !== undefined && !bug) refuse(`name one of:\n${MUTANTS.map(({ name }) => `  ${name}`).join("\n")}`);
else if (wanted.length < positionals.length)
  refuse(`name some of:\n${SCENARIOS.map(({ name, idea }) => `  ${name}: ${idea}`).join("\n")}`);
else if (bug) await run(bug.scenario);
else if (only && wanted.length === 1) await run(only);
else for (const { name } of wanted.length > 0 ? wanted : values.quick ? SMALL : SCENARIOS) runApart(name);

/** The machine of one scenario is loaded as that scenario wants it. */
async function run(scenario: Scenario): Promise<void> {
  openRaft(scenario.entriesPerAppend, bug ?? null);
  const { describeCluster, RaftGroup } = await import("./cluster.ts");
  const group = new RaftGroup(scenario);
  const result = explore(group, { states: Number(values.states) });
  const name = bug ? `${bug.name} (${scenario.name})` : `${scenario.name} (${scenario.idea})`;
  const { kind, states, transitions, depth, violation } = result;
  const promises = violation?.promises ?? [];
  if (values.json) console.log(JSON.stringify({ kind, states, transitions, depth, promises }));
  else console.log(describeExploration(name, result, (state) => describeCluster(state, group)));
  if ((kind === "violated") !== (bug !== undefined)) process.exitCode = 1;
}

function runApart(name: string): void {
  try {
    execFileSync(process.execPath, [import.meta.filename, name, "--states", values.states], { stdio: "inherit" });
  } catch {
    process.exitCode = 1;
  }
}

function refuse(why: string): void {
  console.error(why);
  process.exitCode = 2;
}
