/** The last changes, for watchers that go on from a revision: in order, each once, and a revision is there whole or not at all. */
import { invariant } from "../../common/types.ts";
import { MAX_CHANGE_BYTES, MAX_CHANGES } from "./limits.ts";
import { type StoredKey, utf8Bytes } from "./stored-key.ts";

export interface Change {
  readonly revision: number;
  readonly key: string;
  /** What was put; null: the key was deleted. */
  readonly put: StoredKey | null;
}

/** What a change takes beside the bytes of its key and value. */
const CHANGE_OVERHEAD = 64;
/** In the place of one that is forgotten, so that its value is not kept. */
const FORGOTTEN: Change = { revision: 0, key: "", put: null };

export class WatchHistory {
  /** Those before `#first` are forgotten. */
  #changes: Change[];
  #first = 0;
  #bytes: number;
  #forgotten: number;

  /** `forgotten`: the revision up to which changes may be missing. */
  constructor(forgotten = 0, changes: readonly Change[] = []) {
    this.#forgotten = forgotten;
    this.#changes = [...changes];
    this.#bytes = changes.reduce((sum, change) => sum + sizeOf(change), 0);
  }

  get size(): number {
    return this.#changes.length - this.#first;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get forgotten(): number {
    return this.#forgotten;
  }

  add(change: Change): void {
    if (change.revision <= this.#forgotten) return;
    invariant(change.revision >= (this.#changes.at(-1)?.revision ?? 0), "revisions never go back");
    this.#changes.push(change);
    this.#bytes += sizeOf(change);
    while (this.size > MAX_CHANGES || this.#bytes > MAX_CHANGE_BYTES) this.#forgetOldest();
  }

  /** Changes after `revision`; null when some of them are forgotten. */
  since(revision: number): Iterable<Change> | null {
    if (revision < this.#forgotten) return null;
    return this.#from(this.#firstAfter(revision));
  }

  [Symbol.iterator](): IterableIterator<Change> {
    return this.#from(this.#first);
  }

  /** A revision that is more than the whole history, as of a lease with very many keys, is forgotten as it comes. */
  #forgetOldest(): void {
    const revision = this.#changes[this.#first]?.revision as number;
    while (this.#changes[this.#first]?.revision === revision) {
      this.#bytes -= sizeOf(this.#changes[this.#first] as Change);
      this.#changes[this.#first++] = FORGOTTEN;
    }
    this.#forgotten = revision;
    if (this.#first < MAX_CHANGES) return;
    this.#changes = this.#changes.slice(this.#first);
    this.#first = 0;
  }

  *#from(first: number): Generator<Change> {
    for (let at = first; at < this.#changes.length; at++) yield this.#changes[at] as Change;
  }

  #firstAfter(revision: number): number {
    let low = this.#first;
    let high = this.#changes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#changes[middle] as Change).revision <= revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function sizeOf({ key, put }: Change): number {
  return CHANGE_OVERHEAD + (put?.bytes ?? utf8Bytes(key));
}
