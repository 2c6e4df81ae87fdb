/** Notices that this hub was not running: frozen, evicted, or starved. */
import type { DurationMs, Millis } from "../common/types.ts";

/** Later than its deadline by this, and by two probe intervals, a hub was away. */
const PAUSE_MS: DurationMs = 1_000;

export class OwnTime {
  readonly #toleratedMs: DurationMs;
  /** When this hub asked to run next. */
  #dueAt: Millis = Number.POSITIVE_INFINITY;

  constructor(probeIntervalMs: DurationMs) {
    this.#toleratedMs = Math.max(PAUSE_MS, 2 * probeIntervalMs);
  }

  /** How long this hub was away, if it was; 0 when it runs as it should. */
  gapMs(now: Millis): DurationMs {
    const late = now - this.#dueAt;
    if (late <= this.#toleratedMs) return 0;
    this.#dueAt = now;
    return late;
  }

  /** `at` may have passed already: what is overdue is run by the next tick, and is no second gap. */
  due(at: Millis, now: Millis): void {
    this.#dueAt = Math.max(now, at);
  }
}
