/** What is known of one hub's log: the newest rumor of each key, and how far it is complete. */
import { isStateKey, type Rumor } from "../wire/catalog.ts";
import { MAX_AHEAD } from "./limits.ts";

const NOTHING_AHEAD: ReadonlySet<number> = new Set();

export class OriginLog {
  readonly #byKey = new Map<string, Rumor>();
  /** The same, by number. */
  readonly #ordered: Rumor[] = [];
  /** Seen, but past a gap. */
  #ahead: Set<number> | null = null;
  #completeUpTo = 0;
  #states = 0;

  /** Every change up to this seq that still matters is here. */
  get completeUpTo(): number {
    return this.#completeUpTo;
  }

  get size(): number {
    return this.#byKey.size;
  }

  /** Less records of eventual state. */
  get catalogSize(): number {
    return this.#byKey.size - this.#states;
  }

  get hasGap(): boolean {
    return (this.#ahead ?? NOTHING_AHEAD).size > 0;
  }

  /** The highest seq seen, complete or not. */
  get highest(): number {
    let highest = this.#completeUpTo;
    for (const seq of this.#ahead ?? NOTHING_AHEAD) highest = Math.max(highest, seq);
    return highest;
  }

  seen(seq: number): boolean {
    return seq <= this.#completeUpTo || (this.#ahead ?? NOTHING_AHEAD).has(seq);
  }

  newest(key: string): Rumor | undefined {
    return this.#byKey.get(key);
  }

  at(seq: number): Rumor | undefined {
    const found = this.#ordered[this.#firstAbove(seq - 1)];
    return found?.seq === seq ? found : undefined;
  }

  rumors(): IterableIterator<Rumor> {
    return this.#byKey.values();
  }

  put(rumor: Rumor): void {
    const old = this.#byKey.get(rumor.key);
    if (old) this.#take(old);
    else if (isStateKey(rumor.key)) this.#states += 1;
    this.#byKey.set(rumor.key, rumor);
    // Nearly always the last.
    this.#ordered.splice(this.#firstAbove(rumor.seq), 0, rumor);
  }

  drop(key: string): Rumor | undefined {
    const rumor = this.#byKey.get(key);
    if (!rumor) return undefined;
    this.#byKey.delete(key);
    if (isStateKey(key)) this.#states -= 1;
    this.#take(rumor);
    return rumor;
  }

  /** Past a gap only so many are remembered: what is forgotten is asked for again. */
  see(seq: number): void {
    if (this.seen(seq)) return;
    if (seq !== this.#completeUpTo + 1) {
      this.#ahead ??= new Set();
      if (this.#ahead.size < MAX_AHEAD) this.#ahead.add(seq);
      return;
    }
    this.#completeUpTo = seq;
    this.#closeGap();
  }

  complete(upTo: number): void {
    if (upTo <= this.#completeUpTo) return;
    this.#completeUpTo = upTo;
    for (const seq of this.#ahead ?? NOTHING_AHEAD) if (seq <= upTo) this.#ahead?.delete(seq);
    this.#closeGap();
  }

  /** What is here stays, but past `upTo` nothing is vouched for any more. */
  reopen(upTo: number): void {
    this.#completeUpTo = Math.min(this.#completeUpTo, upTo);
    this.#ahead = null;
  }

  /** With seq > `after`, ascending. */
  *since(after: number): IterableIterator<Rumor> {
    for (let i = this.#firstAbove(after); i < this.#ordered.length; i++) yield this.#ordered[i] as Rumor;
  }

  #closeGap(): void {
    while (this.#ahead?.delete(this.#completeUpTo + 1)) this.#completeUpTo += 1;
    if (this.#ahead?.size === 0) this.#ahead = null;
  }

  #take({ seq }: Rumor): void {
    const at = this.#firstAbove(seq - 1);
    if (this.#ordered[at]?.seq === seq) this.#ordered.splice(at, 1);
  }

  /** Where the first number above `bound` stands. */
  #firstAbove(bound: number): number {
    const ordered = this.#ordered;
    let low = 0;
    let high = ordered.length;
    if (high > 0 && (ordered[high - 1] as Rumor).seq <= bound) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((ordered[middle] as Rumor).seq > bound) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
