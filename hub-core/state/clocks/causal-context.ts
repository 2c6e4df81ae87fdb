/**
 * The dots that a state has seen, live or not (Almeida 2018 §7.2): of each actor all up to a stamp, and single ones beyond.
 * An actor alone says "all up to": it knows what it wrote.
 */
import { type Actor, compareDots, type Dot, dotKey } from "./dot.ts";
import type { Stamp } from "./hybrid-logical-clock.ts";

export class CausalContext {
  readonly #vector: Map<Actor, Stamp>;
  readonly #cloud: Map<string, Dot>;

  constructor(vector: Iterable<readonly [Actor, Stamp]> = [], dots: Iterable<Dot> = []) {
    this.#vector = new Map(vector);
    this.#cloud = new Map();
    for (const dot of dots) if (!this.#inVector(dot)) this.#cloud.set(dotKey(dot), dot);
  }

  has(dot: Dot): boolean {
    return this.#inVector(dot) || this.#cloud.has(dotKey(dot));
  }

  join(other: CausalContext): CausalContext {
    const vector = new Map(this.#vector);
    for (const [actor, stamp] of other.#vector) vector.set(actor, Math.max(stamp, vector.get(actor) ?? 0));
    return new CausalContext(vector, [...this.#cloud.values(), ...other.#cloud.values()]);
  }

  /** Whether all of `other` is in this one. */
  covers(other: CausalContext): boolean {
    for (const [actor, stamp] of other.#vector) if ((this.#vector.get(actor) ?? 0) < stamp) return false;
    for (const dot of other.#cloud.values()) if (!this.has(dot)) return false;
    return true;
  }

  /** The highest stamp. */
  get newest(): Stamp {
    let newest = 0;
    for (const stamp of this.#vector.values()) newest = Math.max(newest, stamp);
    for (const { stamp } of this.#cloud.values()) newest = Math.max(newest, stamp);
    return newest;
  }

  /** By actor. */
  vector(): (readonly [Actor, Stamp])[] {
    return [...this.#vector].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  /** Those beyond the vector, in order. */
  cloud(): Dot[] {
    return [...this.#cloud.values()].sort(compareDots);
  }

  #inVector({ actor, stamp }: Dot): boolean {
    return stamp <= (this.#vector.get(actor) ?? 0);
  }
}
