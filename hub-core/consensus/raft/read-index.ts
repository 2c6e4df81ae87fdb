/**
 * Reads that must see every write acknowledged before they began (Raft §6.4), without writing to the log. A batch of reads
 * notes the last index and begins a round; once a majority has answered that round, the leader was still leader after
 * the reads began. Rounds follow each other without waiting. A round serves only reads that began before it was sent, and
 * its index is never used again.
 */
export interface ReadAsked {
  /** Null: a reader at the leader itself. */
  readonly from: string | null;
  readonly ids: readonly number[];
}

interface Round {
  readonly round: number;
  readonly index: number;
  readonly reads: readonly ReadAsked[];
}

export interface ReadReady extends ReadAsked {
  readonly index: number;
}

/** More rounds at once do not answer sooner: the reads of meanwhile share the next. */
const MAX_ROUNDS = 8;
/** Reads that wait for a round. At the limit who asks is told that this leader cannot say. */
export const MAX_WAITING = 16_384;

export class ReadIndex {
  #waiting: ReadAsked[] = [];
  #rounds: Round[] = [];
  #waitingIds = 0;

  get idle(): boolean {
    return this.#waiting.length === 0 && this.#rounds.length === 0;
  }

  /** False: as many wait as may. */
  ask(asked: ReadAsked): boolean {
    if (this.#waitingIds + asked.ids.length > MAX_WAITING) return false;
    this.#waitingIds += asked.ids.length;
    this.#waiting.push(asked);
    return true;
  }

  /** The waiting reads go on their way with `round`, which must be a new one. False: there is none, or it must wait. */
  begin(round: () => number, index: number): boolean {
    if (this.#waiting.length === 0 || this.#rounds.length >= MAX_ROUNDS) return false;
    this.#rounds.push({ round: round(), index, reads: this.#waiting });
    this.#waiting = [];
    this.#waitingIds = 0;
    return true;
  }

  /** A majority has answered `round`, and with it every earlier one. */
  confirmed(round: number): ReadReady[] {
    const done = this.#rounds.filter((one) => one.round <= round);
    this.#rounds = this.#rounds.filter((one) => one.round > round);
    return done.flatMap(({ index, reads }) => reads.map((read) => ({ ...read, index })));
  }

  /** Of the rounds under way; null: there is none. */
  get earliestRound(): number | null {
    return this.#rounds[0]?.round ?? null;
  }

  /** This leader can no longer say. */
  abandon(): ReadAsked[] {
    const all = [...this.#rounds.flatMap(({ reads }) => reads), ...this.#waiting];
    this.#rounds = [];
    this.#waiting = [];
    this.#waitingIds = 0;
    return all;
  }
}
