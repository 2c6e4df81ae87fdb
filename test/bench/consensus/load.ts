/** The load generator, as the benchmark sees it. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";

export interface Job {
  readonly what: "put" | "get" | "get-stale" | "etcd-put" | "etcd-get";
  /** Client i asks at the i-th of them, and round again. */
  readonly urls: readonly string[];
  readonly token: string | null;
  readonly clients: number;
  /** Of each client, after an answer. */
  readonly pauseMs: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
  /** Of all clients together, after the warm-up; null: as many as there is time for. */
  readonly most: number | null;
}

export interface JobResult {
  /** Of what was done, in milliseconds. */
  readonly latencies: readonly number[];
  /** Why how many were not. */
  readonly failures: Readonly<Record<string, number>>;
  readonly elapsedMs: number;
  /** The longest time in which nothing was done. */
  readonly longestGapMs: number;
  /** Of the generator itself, warm-up and all. */
  readonly cpuMs: number;
}

export class Generator {
  readonly #child: ChildProcess;

  constructor() {
    this.#child = fork(new URL("./generator.ts", import.meta.url).pathname, { stdio: "inherit" });
  }

  async run(job: Job): Promise<JobResult> {
    const answered = once(this.#child, "message") as Promise<[JobResult]>;
    this.#child.send(job);
    const ended = once(this.#child, "exit").then(([code]) => {
      throw new Error(`the load generator ended with ${code}`);
    });
    const [result] = await Promise.race([answered, ended]);
    ended.catch(() => undefined);
    return result;
  }

  stop(): void {
    this.#child.disconnect();
  }
}

export function failuresOf({ failures }: JobResult): number {
  return Object.values(failures).reduce((sum, count) => sum + count, 0);
}
