/** The command line of the simulator. */
import { parseArgs } from "node:util";
import type { DurationMs } from "../../hub-core/common/types.ts";
import { parseFaults } from "./faults/plan.ts";
import { PROFILES, type Profile } from "./hub-settings.ts";
import { federation, flatGroup, type Topology } from "./topology.ts";

export interface CliOptions {
  readonly seed: number;
  /** How many, from `seed` on. */
  readonly seeds: number;
  readonly topology: Topology;
  readonly minutes: number;
  readonly faults: ReadonlySet<string>;
  readonly exactly: boolean;
  readonly every: DurationMs | null;
  readonly clusters: number | null;
  readonly stateWrites: number | null;
  readonly jobs: number;
  readonly trace: boolean;
  readonly json: boolean;
}

export const USAGE = `npm run simulate -- [options]
  --seed N        the first seed (default 1)
  --seeds N       how many, one after the other (default 1)
  --hubs N        a federation of N hubs, 1 to 211 (default 21)
  --group N       one flat group of N hubs instead, 1 to 200
  --minutes N     virtual minutes of trouble (default 5)
  --faults LIST   all, none, or names separated by commas (default all); a seed draws a subset
  --exactly       every named fault, not a subset
  --every N       mean seconds between two faults (default: drawn, 2 to 30)
  --profile P     ${PROFILES.join(" or ")} (default responsive)
  --clusters N    clusters in the federation (default: as many as hubs)
  --state-writes N  writes of eventual state per minute (default 60)
  --jobs N        threads for many seeds (default 1)
  --trace         print every event and effect
  --json          the outcome as JSON`;

/** The options, or what is wrong with them. */
export function parseCli(args: readonly string[]): CliOptions | string {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: "string", default: "1" },
      seeds: { type: "string", default: "1" },
      hubs: { type: "string", default: "21" },
      group: { type: "string" },
      minutes: { type: "string", default: "5" },
      faults: { type: "string", default: "all" },
      exactly: { type: "boolean", default: false },
      every: { type: "string" },
      profile: { type: "string", default: "responsive" },
      clusters: { type: "string" },
      "state-writes": { type: "string" },
      jobs: { type: "string", default: "1" },
      trace: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    },
  });
  const profile = PROFILES.find((name) => name === values.profile);
  if (!profile) return `--profile ${values.profile}: one of ${PROFILES.join(", ")}`;
  const faults = parseFaults(values.faults);
  if ("unknown" in faults) return `--faults ${faults.unknown}: no fault of that name`;
  const numbers = {
    seed: Number(values.seed),
    seeds: Number(values.seeds),
    hubs: Number(values.group ?? values.hubs),
    minutes: Number(values.minutes),
    clusters: values.clusters === undefined ? null : Number(values.clusters),
    every: values.every === undefined ? null : 1_000 * Number(values.every),
    stateWrites: values["state-writes"] === undefined ? null : Number(values["state-writes"]),
    jobs: Number(values.jobs),
  };
  const wrong = Object.entries(numbers).find(([, value]) => value !== null && !(value >= 0));
  if (wrong) return `--${wrong[0]}: not a number`;
  const topology = topologyOf(values.group === undefined ? "federation" : "group", numbers.hubs, profile);
  if (typeof topology === "string") return topology;
  const { seed, seeds, minutes, every, clusters, stateWrites, jobs } = numbers;
  const { exactly, trace, json } = values;
  return {
    seed,
    seeds,
    topology,
    minutes,
    faults: faults.names,
    exactly,
    every,
    clusters,
    stateWrites,
    jobs,
    trace,
    json,
  };
}

function topologyOf(shape: "federation" | "group", hubs: number, profile: Profile): Topology | string {
  try {
    return shape === "group" ? flatGroup(hubs, profile) : federation(hubs, profile);
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
}
