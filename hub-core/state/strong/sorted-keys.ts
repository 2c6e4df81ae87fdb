/** Keys in the order of their UTF-16 units, which is the same everywhere: for prefixes and cursors. */
export class SortedKeys {
  readonly #keys: string[];

  /** `keys` are sorted already. */
  constructor(keys: string[] = []) {
    this.#keys = keys;
  }

  get size(): number {
    return this.#keys.length;
  }

  add(key: string): void {
    this.#keys.splice(this.#firstFrom(key), 0, key);
  }

  delete(key: string): void {
    const at = this.#firstFrom(key);
    if (this.#keys[at] === key) this.#keys.splice(at, 1);
  }

  [Symbol.iterator](): IterableIterator<string> {
    return this.#keys.values();
  }

  /** Those that begin with `prefix` and come after `after`. */
  *under(prefix: string, after: string | undefined): Generator<string> {
    let at = this.#firstFrom(after !== undefined && after > prefix ? after : prefix);
    if (this.#keys[at] === after) at += 1;
    for (; at < this.#keys.length; at++) {
      const key = this.#keys[at] as string;
      if (!key.startsWith(prefix)) return;
      yield key;
    }
  }

  #firstFrom(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#keys[middle] as string) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
