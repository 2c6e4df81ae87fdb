/** One thread of a run over many seeds: gets a seed, gives back its outcome. */
import { parentPort, workerData } from "node:worker_threads";
import { type CliOptions, parseCli } from "./cli-options.ts";
import { realHubs } from "./hub-kind.ts";
import { type Outcome, simulate } from "./simulation.ts";

export interface SeedResult {
  readonly outcome: Outcome;
  readonly realMs: number;
}

export function runSeed(options: CliOptions, seed: number): SeedResult {
  const start = performance.now();
  const outcome = simulate(
    {
      seed,
      topology: options.topology,
      minutes: options.minutes,
      faults: options.faults,
      exactly: options.exactly,
      ...(options.clusters === null ? {} : { clusters: options.clusters }),
      ...(options.trace ? { print: (line: string) => console.log(line) } : {}),
    },
    realHubs,
  );
  return { outcome, realMs: performance.now() - start };
}

if (parentPort) {
  const port = parentPort;
  const options = parseCli(workerData as readonly string[]);
  if (typeof options === "string") throw new Error(options);
  port.on("message", (seed: number) => port.postMessage(runSeed(options, seed)));
}
