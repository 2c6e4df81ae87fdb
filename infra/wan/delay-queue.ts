/** One direction of a connection: what goes in comes out later, in order, and never more is held than the limit. */

export type Parcel =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  /** FIN. */
  | { readonly kind: "end" }
  /** RST: the sender is gone without a word. */
  | { readonly kind: "reset" };

interface Held {
  readonly at: number;
  readonly parcel: Parcel;
}

export class DelayQueue {
  readonly #limitBytes: number;
  readonly #held: Held[] = [];
  #bytes = 0;
  #latest = 0;
  #stalled = false;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** A parcel never overtakes an earlier one, so one that is late holds up all behind it, as in TCP. */
  push(parcel: Parcel, now: number, delayMs: number): void {
    this.#latest = Math.max(this.#latest, now + delayMs);
    this.#held.push({ at: this.#latest, parcel });
    if (parcel.kind === "bytes") this.#bytes += parcel.bytes.length;
  }

  /** True when the sender should pause; it may go on once this is false again. */
  get full(): boolean {
    return this.#bytes >= this.#limitBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Nothing comes out while stalled. */
  set stalled(stalled: boolean) {
    this.#stalled = stalled;
  }

  /** What is due, in order. */
  release(now: number): Parcel[] {
    if (this.#stalled) return [];
    let due = 0;
    while (due < this.#held.length && (this.#held[due]?.at ?? Infinity) <= now) due += 1;
    const released = this.#held.splice(0, due).map((held) => held.parcel);
    for (const parcel of released) if (parcel.kind === "bytes") this.#bytes -= parcel.bytes.length;
    return released;
  }

  /** When `release` has something next; Infinity when empty or stalled. */
  nextAt(): number {
    return this.#stalled ? Infinity : (this.#held[0]?.at ?? Infinity);
  }
}
