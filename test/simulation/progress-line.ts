/** How far a run is, on stderr: at once on a terminal, elsewhere once it takes longer than a few seconds. */
import type { Progress } from "./simulation.ts";

export interface ProgressOptions {
  readonly hubs: number;
  readonly seeds: number;
  readonly terminal: boolean;
  readonly write: (text: string) => void;
}

const PATIENCE_MS = 5_000;
const LINE_EVERY_MS = 10_000;
const REDRAW_EVERY_MS = 500;

export class ProgressLine {
  readonly #o: ProgressOptions;
  readonly #startedAt: number;
  readonly #running = new Map<number, Progress>();
  #done = 0;
  #doneMs = 0;
  #shownAt: number;
  #isShown = false;

  constructor(options: ProgressOptions, now: number) {
    this.#o = options;
    this.#startedAt = now;
    this.#shownAt = options.terminal ? Number.NEGATIVE_INFINITY : now + PATIENCE_MS - LINE_EVERY_MS;
  }

  progressed(seed: number, progress: Progress, now: number): void {
    this.#running.set(seed, progress);
    if (now - this.#shownAt < (this.#o.terminal ? REDRAW_EVERY_MS : LINE_EVERY_MS)) return;
    this.#shownAt = now;
    this.#isShown = true;
    const line = this.describe(now);
    this.#o.write(this.#o.terminal ? `\r\u001b[K${line}` : `${line}\n`);
  }

  finished(seed: number, simulatedMs: number): void {
    this.clear();
    this.#running.delete(seed);
    this.#done += 1;
    this.#doneMs += simulatedMs;
  }

  /** Makes room for a line of results. */
  clear(): void {
    if (this.#o.terminal && this.#isShown) this.#o.write("\r\u001b[K");
    this.#isShown = false;
  }

  describe(now: number): string {
    const realMs = Math.max(1, now - this.#startedAt);
    const simulatedMs = [...this.#running.values()].reduce((sum, each) => sum + each.simulatedMs, this.#doneMs);
    const rate = Math.round((this.#o.hubs * simulatedMs) / realMs);
    const runs = [...this.#running].map(([seed, each]) => `seed ${seed} ${this.#place(each)}`);
    const all = this.#o.seeds > 1 ? [`${this.#done} of ${this.#o.seeds} seeds`] : [];
    return [...all, ...runs, this.#eta(realMs), `${rate} hub-seconds/s`].join("   ");
  }

  #place({ phase, simulatedMs, fraction }: Progress): string {
    const minutes = (simulatedMs / 60_000).toFixed(1);
    return `${phase} ${Math.round(100 * fraction)} % (${minutes} virtual minutes)`;
  }

  /** By the share of the trouble that is over: nothing else has a known length. */
  #eta(realMs: number): string {
    const fractions = [...this.#running.values()].reduce((sum, { fraction }) => sum + fraction, this.#done);
    if (fractions <= 0) return "ETA unknown";
    const left = Math.round((realMs * (this.#o.seeds - fractions)) / fractions / 1_000);
    return `ETA ${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
  }
}
