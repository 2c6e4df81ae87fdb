/** A snapshot on its way, in parts: sent with a window, put together in order (Raft §5.1, InstallSnapshot). */
import { SNAPSHOT_PART_BYTES } from "../../wire/consensus-messages.ts";

/** Parts on their way at once: 64 KiB. */
const WINDOW_PARTS = 4;

export class SnapshotTransfer {
  readonly index: number;
  readonly term: number;
  readonly #bytes: Uint8Array;
  #sent = 0;
  #acknowledged = 0;
  /** What the follower said last: less than before when it has started anew since, or when answers came out of order. */
  #said = 0;

  constructor(index: number, term: number, bytes: Uint8Array) {
    this.index = index;
    this.term = term;
    this.#bytes = bytes;
  }

  get size(): number {
    return this.#bytes.length;
  }

  /** The parts that may leave now. */
  next(): { readonly offset: number; readonly part: Uint8Array }[] {
    const parts: { offset: number; part: Uint8Array }[] = [];
    while (this.#sent < this.size && this.#sent - this.#acknowledged < WINDOW_PARTS * SNAPSHOT_PART_BYTES) {
      const offset = this.#sent;
      const part = this.#bytes.subarray(offset, offset + SNAPSHOT_PART_BYTES);
      this.#sent += part.length;
      parts.push({ offset, part });
    }
    return parts;
  }

  acknowledged(offset: number): void {
    if (offset > this.size) return;
    this.#said = offset;
    this.#acknowledged = Math.max(this.#acknowledged, offset);
    this.#sent = Math.max(this.#sent, this.#acknowledged);
  }

  /** What is not acknowledged may be lost, and so may what was, when the follower says so. */
  rewind(): void {
    this.#acknowledged = this.#said;
    this.#sent = this.#acknowledged;
  }
}

interface Part {
  readonly index: number;
  readonly snapshotTerm: number;
  readonly size: number;
  readonly offset: number;
  readonly part: Uint8Array;
}

const MAX_SNAPSHOT_BYTES = 64 * 1_024 * 1_024;

type Assembled = Pick<Part, "index" | "snapshotTerm" | "size"> & { readonly leaderTerm: number };
const NOTHING: Assembled = { index: 0, snapshotTerm: 0, size: 0, leaderTerm: 0 };

/** What a follower has of one; another leader's, or a newer one, begins again. */
export class SnapshotAssembly {
  #of = NOTHING;
  #parts: Uint8Array[] = [];
  #have = 0;

  /** @returns how far it is now, and the whole once it is there. */
  take(
    leaderTerm: number,
    { index, snapshotTerm, size, offset, part }: Part,
  ): { offset: number; whole: Uint8Array<ArrayBuffer> | null } {
    const same =
      this.#of.leaderTerm === leaderTerm &&
      this.#of.index === index &&
      this.#of.snapshotTerm === snapshotTerm &&
      this.#of.size === size;
    if (!same) this.#reset({ leaderTerm, index, snapshotTerm, size });
    const fits = offset === this.#have && this.#have + part.length <= size && size <= MAX_SNAPSHOT_BYTES;
    if (fits && part.length > 0) {
      this.#parts.push(part.slice());
      this.#have += part.length;
    }
    return { offset: this.#have, whole: this.#have === size && size > 0 ? this.#join() : null };
  }

  clear(): void {
    this.#reset(NOTHING);
  }

  #reset(of: Assembled): void {
    this.#of = of;
    this.#parts = [];
    this.#have = 0;
  }

  #join(): Uint8Array<ArrayBuffer> {
    const whole = new Uint8Array(this.#have);
    let offset = 0;
    for (const part of this.#parts) {
      whole.set(part, offset);
      offset += part.length;
    }
    return whole;
  }
}
