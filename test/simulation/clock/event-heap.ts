/** A binary heap of things to do, by virtual time; equal times keep the order in which they were added. */
import type { Millis } from "../../../hub-core/common/types.ts";

interface Entry<T> {
  readonly at: Millis;
  readonly order: number;
  readonly item: T;
}

export class EventHeap<T> {
  readonly #entries: Entry<T>[] = [];
  #added = 0;

  get size(): number {
    return this.#entries.length;
  }

  /** The time of the next item; Infinity when there is none. */
  get nextAt(): Millis {
    return this.#entries[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  push(at: Millis, item: T): void {
    if (!Number.isFinite(at)) throw new RangeError(`an event at ${at}`);
    const entry = { at, order: this.#added++, item };
    let child = this.#entries.length;
    this.#entries.push(entry);
    while (child > 0) {
      const parent = (child - 1) >> 1;
      const above = this.#entries[parent] as Entry<T>;
      if (before(above, entry)) break;
      this.#entries[child] = above;
      child = parent;
    }
    this.#entries[child] = entry;
  }

  pop(): { at: Millis; item: T } | undefined {
    const first = this.#entries[0];
    const last = this.#entries.pop();
    if (!first || !last) return undefined;
    if (this.#entries.length > 0) this.#sink(last);
    return first;
  }

  #sink(entry: Entry<T>): void {
    const length = this.#entries.length;
    let parent = 0;
    for (;;) {
      let child = 2 * parent + 1;
      if (child >= length) break;
      const right = this.#entries[child + 1];
      if (right && before(right, this.#entries[child] as Entry<T>)) child += 1;
      const below = this.#entries[child] as Entry<T>;
      if (before(entry, below)) break;
      this.#entries[parent] = below;
      parent = child;
    }
    this.#entries[parent] = entry;
  }
}

function before<T>(a: Entry<T>, b: Entry<T>): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
