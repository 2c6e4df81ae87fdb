/** The load generator, as the benchmark sees it. */
import { type ChildProcess, fork } from "node:child_process";

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
  readonly #ended: Promise<never>;

  constructor() {
    this.#child = fork(new URL("./generator.ts", import.meta.url).pathname, { stdio: "inherit" });
    this.#ended = new Promise((_, reject) => {
      this.#child.once("exit", (code) => reject(new Error(`the load generator ended with ${code}`)));
    });
    // Told to whoever waits for a result; an end that nobody waits for is the ordinary one.
    this.#ended.catch(() => undefined);
  }

  /** One job at a time. */
  run(job: Job): Promise<JobResult> {
    const answered = new Promise<JobResult>((resolve) => this.#child.once("message", resolve));
    this.#child.send(job);
    return Promise.race([answered, this.#ended]);
  }

  stop(): void {
    this.#child.disconnect();
  }
}

export function failuresOf({ failures }: JobResult): number {
  return Object.values(failures).reduce((sum, count) => sum + count, 0);
}
