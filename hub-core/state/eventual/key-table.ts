/** The eventual keys of this hub, by name and in order. */
import { EventualKey } from "./eventual-key.ts";

export class KeyTable {
  readonly #keys = new Map<string, EventualKey>();
  #sorted: readonly string[] | null = null;

  /** Removed ones included, until they are forgotten. */
  get size(): number {
    return this.#keys.size;
  }

  get(key: string): EventualKey | undefined {
    return this.#keys.get(key);
  }

  all(): IterableIterator<EventualKey> {
    return this.#keys.values();
  }

  at(key: string): EventualKey {
    let found = this.#keys.get(key);
    if (!found) {
      found = new EventualKey(key);
      this.#keys.set(key, found);
      this.#sorted = null;
    }
    return found;
  }

  forget(key: string): void {
    if (this.#keys.delete(key)) this.#sorted = null;
  }

  /** Live keys that begin with `prefix` and come after `cursor`, in order. */
  *from(prefix: string, cursor: string | undefined): IterableIterator<EventualKey> {
    this.#sorted ??= [...this.#keys.keys()].sort();
    for (const key of this.#sorted) {
      if (!key.startsWith(prefix) || (cursor !== undefined && key <= cursor)) continue;
      const found = this.#keys.get(key);
      if (found && !found.isDead) yield found;
    }
  }
}
