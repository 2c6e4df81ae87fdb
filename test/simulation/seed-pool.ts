/** Threads that take seeds from a common list until it is empty. The calling thread stays free for signals and progress. */
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { SeedResult, WorkerWord } from "./seed-worker.ts";
import type { Progress } from "./simulation.ts";

export interface PoolListener {
  finished(result: SeedResult): void;
  progressed(seed: number, progress: Progress): void;
}

export async function runSeeds(
  args: readonly string[],
  seeds: readonly number[],
  jobs: number,
  listener: PoolListener,
): Promise<void> {
  const left = [...seeds];
  const threads = Math.min(Math.max(1, jobs), left.length);
  await Promise.all(Array.from({ length: threads }, () => drain(args, left, listener)));
}

function drain(args: readonly string[], left: number[], listener: PoolListener): Promise<void> {
  const worker = new Worker(join(import.meta.dirname, "seed-worker.ts"), { workerData: args });
  return new Promise((resolve, reject) => {
    const next = (): void => {
      const seed = left.shift();
      // The thread ends by itself, so that what it printed is not lost.
      worker.postMessage(seed ?? null);
    };
    worker.on("message", (word: WorkerWord) => {
      if (word.kind === "progress") return listener.progressed(word.seed, word.progress);
      listener.finished(word.result);
      next();
    });
    worker.on("error", reject);
    worker.on("exit", () => resolve());
    next();
  });
}
