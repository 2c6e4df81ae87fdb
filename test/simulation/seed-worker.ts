/** One thread of a run: gets a seed, tells how far it is, gives back its outcome. */
import { parentPort, workerData } from "node:worker_threads";
import { type CliOptions, parseCli } from "./cli-options.ts";
import { realHubs } from "./hub-kind.ts";
import { type Outcome, type Progress, simulate } from "./simulation.ts";

export interface SeedResult {
  readonly outcome: Outcome;
  readonly realMs: number;
}

export type WorkerWord =
  | { readonly kind: "result"; readonly result: SeedResult }
  | { readonly kind: "progress"; readonly seed: number; readonly progress: Progress };

/** Between two words on how far a seed is, in real time. */
const TELL_EVERY_MS = 250;

export function runSeed(options: CliOptions, seed: number, progress?: (progress: Progress) => void): SeedResult {
  const start = performance.now();
  const outcome = simulate(
    {
      seed,
      topology: options.topology,
      minutes: options.minutes,
      faults: options.faults,
      exactly: options.exactly,
      every: options.every,
      ...(options.clusters === null ? {} : { clusters: options.clusters }),
      ...(options.stateWrites === null ? {} : { stateWritesPerMinute: options.stateWrites }),
      ...(options.trace ? { print: (line: string) => console.log(line) } : {}),
      ...(progress ? { progress } : {}),
    },
    realHubs,
  );
  return { outcome, realMs: performance.now() - start };
}

if (parentPort) {
  const port = parentPort;
  const options = parseCli(workerData as readonly string[]);
  if (typeof options === "string") throw new Error(options);
  const say = (word: WorkerWord): void => port.postMessage(word);
  port.on("message", (seed: number | null) => {
    if (seed === null) return port.close();
    let toldAt = performance.now();
    const result = runSeed(options, seed, (progress) => {
      const now = performance.now();
      if (now - toldAt < TELL_EVERY_MS) return;
      toldAt = now;
      say({ kind: "progress", seed, progress });
    });
    say({ kind: "result", result });
  });
}
