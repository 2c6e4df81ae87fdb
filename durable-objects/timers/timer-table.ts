/** One name, one time: the newest setting of a timer replaces the earlier one. */
import type { Millis } from "../../hub-core/common/types.ts";

export interface DueTimer {
  readonly timer: string;
  readonly token: number;
}

/** A hub names its timers from a closed set, one or two per machine; more is a defect, and is refused loudly. */
export const MAX_TIMERS = 256;

export class TimerTable {
  readonly #timers = new Map<string, { at: Millis; token: number }>();

  /** An infinite `at` removes the timer. */
  set(timer: string, at: Millis, token: number): void {
    if (at === Number.POSITIVE_INFINITY) {
      this.#timers.delete(timer);
      return;
    }
    if (!this.#timers.has(timer) && this.#timers.size >= MAX_TIMERS)
      throw new RangeError(`more than ${MAX_TIMERS} timers`);
    this.#timers.set(timer, { at, token });
  }

  /** When the earliest is due; infinity when there is none. */
  get earliest(): Millis {
    let earliest = Number.POSITIVE_INFINITY;
    for (const { at } of this.#timers.values()) earliest = Math.min(earliest, at);
    return earliest;
  }

  /** Takes out what is due, earliest first, equal times by name. */
  takeDue(now: Millis): DueTimer[] {
    const due = [...this.#timers].filter(([, { at }]) => at <= now);
    due.sort(([a, x], [b, y]) => x.at - y.at || (a < b ? -1 : 1));
    for (const [timer] of due) this.#timers.delete(timer);
    return due.map(([timer, { token }]) => ({ timer, token }));
  }
}
