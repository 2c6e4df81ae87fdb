/** What is known of one hub's log: the newest rumor of each key, and how far it is complete. */
import type { Rumor } from "../wire/catalog.ts";
import { MAX_AHEAD } from "./limits.ts";

export class OriginLog {
  readonly #byKey = new Map<string, Rumor>();
  readonly #bySeq = new Map<number, Rumor>();
  /** Seen, but past a gap. */
  readonly #ahead = new Set<number>();
  /** Seqs in ascending order once `#ordered`; those superseded stay until the next compaction. */
  #seqs: number[] = [];
  #ordered = true;
  #completeUpTo = 0;
  #changes = 0;

  /** Every change up to this seq that still matters is here. */
  get completeUpTo(): number {
    return this.#completeUpTo;
  }

  /** Goes up with every change of what is here or how far it is complete. */
  get changes(): number {
    return this.#changes;
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
    return this.#byKey.get(key);
  }

  at(seq: number): Rumor | undefined {
    return this.#bySeq.get(seq);
  }

  rumors(): IterableIterator<Rumor> {
    return this.#byKey.values();
  }

  put(rumor: Rumor): void {
    this.#changes += 1;
    const old = this.#byKey.get(rumor.key);
    if (old) this.#bySeq.delete(old.seq);
    this.#byKey.set(rumor.key, rumor);
    this.#bySeq.set(rumor.seq, rumor);
    const last = this.#seqs.at(-1);
    if (last !== undefined && rumor.seq < last) this.#ordered = false;
    this.#seqs.push(rumor.seq);
    if (this.#seqs.length > 2 * this.#bySeq.size + 16) this.#compact();
  }

  drop(key: string): Rumor | undefined {
    const rumor = this.#byKey.get(key);
    if (!rumor) return undefined;
    this.#changes += 1;
    this.#byKey.delete(key);
    this.#bySeq.delete(rumor.seq);
    return rumor;
  }

  /** Past a gap only so many are remembered: what is forgotten is asked for again. */
  see(seq: number): void {
    if (this.seen(seq)) return;
    if (seq !== this.#completeUpTo + 1) {
      if (this.#ahead.size < MAX_AHEAD) this.#ahead.add(seq);
      return;
    }
    this.#changes += 1;
    this.#completeUpTo = seq;
    this.#closeGap();
  }

  complete(upTo: number): void {
    if (upTo <= this.#completeUpTo) return;
    this.#changes += 1;
    this.#completeUpTo = upTo;
    for (const seq of this.#ahead) if (seq <= upTo) this.#ahead.delete(seq);
    this.#closeGap();
  }

  /** With seq > `after`, ascending. */
  *since(after: number): IterableIterator<Rumor> {
    if (!this.#ordered) this.#compact();
    for (let i = firstAbove(this.#seqs, after); i < this.#seqs.length; i++) {
      const rumor = this.#bySeq.get(this.#seqs[i] as number);
      if (rumor) yield rumor;
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
