/** What is known of one hub's log: the newest rumor of each key, and how far it is complete. */
import type { Rumor } from "../wire/catalog.ts";
import { MAX_AHEAD } from "./limits.ts";

export interface Entry {
  readonly rumor: Rumor;
  /** Encoded size; 0 until somebody asks. */
  bytes: number;
}

export class OriginLog {
  readonly #byKey = new Map<string, Entry>();
  readonly #bySeq = new Map<number, Entry>();
  /** Seen, but past a gap. */
  readonly #ahead = new Set<number>();
  /** Seqs in ascending order once `#ordered`; those superseded stay until the next compaction. */
  #seqs: number[] = [];
  #ordered = true;
  #completeUpTo = 0;

  /** Every change up to this seq that still matters is here. */
  get completeUpTo(): number {
    return this.#completeUpTo;
  }

  get size(): number {
    return this.#byKey.size;
  }

  get hasGap(): boolean {
    return this.#ahead.size > 0;
  }

  /** The highest seq seen, complete or not. */
  get highest(): number {
    let highest = this.#completeUpTo;
    for (const seq of this.#ahead) highest = Math.max(highest, seq);
    return highest;
  }

  seen(seq: number): boolean {
    return seq <= this.#completeUpTo || this.#ahead.has(seq);
  }

  newest(key: string): Rumor | undefined {
    return this.#byKey.get(key)?.rumor;
  }

  at(seq: number): Rumor | undefined {
    return this.#bySeq.get(seq)?.rumor;
  }

  *rumors(): IterableIterator<Rumor> {
    for (const { rumor } of this.#byKey.values()) yield rumor;
  }

  put(rumor: Rumor): void {
    const entry = { rumor, bytes: 0 };
    const old = this.#byKey.get(rumor.key);
    if (old) this.#bySeq.delete(old.rumor.seq);
    this.#byKey.set(rumor.key, entry);
    this.#bySeq.set(rumor.seq, entry);
    const last = this.#seqs.at(-1);
    if (last !== undefined && rumor.seq < last) this.#ordered = false;
    this.#seqs.push(rumor.seq);
    if (this.#seqs.length > 2 * this.#bySeq.size + 16) this.#compact();
  }

  drop(key: string): Rumor | undefined {
    const entry = this.#byKey.get(key);
    if (!entry) return undefined;
    this.#byKey.delete(key);
    this.#bySeq.delete(entry.rumor.seq);
    return entry.rumor;
  }

  /** Past a gap only so many are remembered: what is forgotten is asked for again. */
  see(seq: number): void {
    if (this.seen(seq)) return;
    if (seq !== this.#completeUpTo + 1) {
      if (this.#ahead.size < MAX_AHEAD) this.#ahead.add(seq);
      return;
    }
    this.#completeUpTo = seq;
    this.#closeGap();
  }

  complete(upTo: number): void {
    if (upTo <= this.#completeUpTo) return;
    this.#completeUpTo = upTo;
    for (const seq of this.#ahead) if (seq <= upTo) this.#ahead.delete(seq);
    this.#closeGap();
  }

  /** Entries with seq > `after`, ascending. */
  *since(after: number): IterableIterator<Entry> {
    if (!this.#ordered) this.#compact();
    for (let i = firstAbove(this.#seqs, after); i < this.#seqs.length; i++) {
      const entry = this.#bySeq.get(this.#seqs[i] as number);
      if (entry) yield entry;
    }
  }

  #closeGap(): void {
    while (this.#ahead.delete(this.#completeUpTo + 1)) this.#completeUpTo += 1;
  }

  #compact(): void {
    this.#seqs = [...this.#bySeq.keys()].sort((a, b) => a - b);
    this.#ordered = true;
  }
}

/** Index of the first number above `bound` in an ascending list. */
function firstAbove(ascending: readonly number[], bound: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] as number) > bound) high = middle;
    else low = middle + 1;
  }
  return low;
}
