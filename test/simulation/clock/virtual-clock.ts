/** Virtual time: it moves only from one scheduled action to the next. */
import type { DurationMs, Millis } from "../../../hub-core/common/types.ts";
import { EventHeap } from "./event-heap.ts";

export class VirtualClock {
  readonly #heap = new EventHeap<() => void>();
  #now: Millis;

  constructor(start: Millis) {
    this.#now = start;
  }

  get now(): Millis {
    return this.#now;
  }

  get pending(): number {
    return this.#heap.size;
  }

  at(time: Millis, action: () => void): void {
    this.#heap.push(Math.max(time, this.#now), action);
  }

  after(delay: DurationMs, action: () => void): void {
    this.at(this.#now + delay, action);
  }

  /** Does everything due up to and including `end`, then stands at `end`. */
  runUntil(end: Millis): void {
    while (this.#heap.nextAt <= end) {
      const next = this.#heap.pop();
      if (!next) break;
      this.#now = next.at;
      next.item();
    }
    this.#now = Math.max(this.#now, end);
  }
}
