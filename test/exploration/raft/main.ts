/**
 * `npm run explore`: small groups of the real Raft, every state of them. Exit code 1 when a promise was broken, 2 for bad options.
 *   npm run explore                      # all
 *   npm run explore -- --quick           # the small ones
 *   npm run explore -- NAME…             # those
 *   npm run explore -- --bug NAME        # one of mutants.ts, which must be found
 *   npm run explore -- --states N        # look at so many states of each, at most
 *   npm run explore -- --as-they-are     # do not take hubs for interchangeable
 */
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";
import { explore } from "../explore.ts";
import { describeExploration } from "../report.ts";
import { MUTANTS } from "./mutants.ts";
import { openRaft } from "./opened.ts";
import { AS_THEY_ARE, SCENARIOS, type Scenario, SMALL } from "./scenarios.ts";

/** About two gigabytes. */
const MOST_STATES = 3_000_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    bug: { type: "string" },
    states: { type: "string", default: String(MOST_STATES) },
    "as-they-are": { type: "boolean", default: false },
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

export interface Verdict {
  readonly kind: "complete" | "bounded" | "violated";
  readonly states: number;
  readonly transitions: number;
  readonly depth: number;
  /** That were broken, and by how many actions at least. */
  readonly promises: readonly string[];
  readonly actions: number;
}

/** The machine of one scenario is loaded as that scenario wants it. */
async function run(scenario: Scenario): Promise<void> {
  openRaft(scenario.entriesPerAppend, bug ?? null);
  const { describeCluster, RaftGroup } = await import("./cluster.ts");
  const group = new RaftGroup(values["as-they-are"] ? { ...scenario, renamings: AS_THEY_ARE } : scenario);
  const result = explore(group, { states: Number(values.states) });
  const name = bug ? `${bug.name} (${scenario.name})` : `${scenario.name} (${scenario.idea})`;
  const { kind, states, transitions, depth, violation } = result;
  const found = { promises: violation?.promises ?? [], actions: violation?.trace.length ?? 0 };
  if (values.json) console.log(JSON.stringify({ kind, states, transitions, depth, ...found } satisfies Verdict));
  else console.log(describeExploration(name, result, (state) => describeCluster(state, group)));
  if ((kind === "violated") !== (bug !== undefined)) process.exitCode = 1;
}

function runApart(name: string): void {
  const options = ["--states", values.states, ...(values["as-they-are"] ? ["--as-they-are"] : [])];
  const { status } = spawnSync(process.execPath, [import.meta.filename, name, ...options], { stdio: "inherit" });
  if (status !== 0) process.exitCode = 1;
}

function refuse(why: string): void {
  console.error(why);
  process.exitCode = 2;
}
