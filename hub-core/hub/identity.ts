import type { Outbox, StoredIdentity } from "../common/outbox.ts";
import type { Random } from "../common/random.ts";
import type { Millis } from "../common/types.ts";

/**
 * What must outlive every eviction: the incarnation, which goes up on each start (SWIM §4.2), and the ceiling of used
 * sequence numbers. A change is persisted in the step that makes it, so before anyone hears of it.
 */
export class Identity {
  #value: StoredIdentity;
  #out: Outbox | null = null;

  constructor(stored: StoredIdentity | null, random: Random, now: Millis) {
    this.#value = {
      incarnation: (stored?.incarnation ?? 0) + 1,
      seqCeiling: stored?.seqCeiling ?? 0,
      firstStartedAt: stored?.firstStartedAt ?? now,
      replica: stored?.replica || random.uint48(),
    };
  }

  get incarnation(): number {
    return this.#value.incarnation;
  }

  get replica(): number {
    return this.#value.replica;
  }

  get seqCeiling(): number {
    return this.#value.seqCeiling;
  }

  get firstStartedAt(): Millis {
    return this.#value.firstStartedAt;
  }

  /** The step that is running, which carries what changes meanwhile; null between steps. */
  attach(out: Outbox | null): void {
    this.#out = out;
  }

  persist(): void {
    this.#out?.persist({ table: "identity", value: this.#value });
  }

  /** @returns the incarnation in force: `atLeast`, or the present one when that is higher already. */
  raiseIncarnation(atLeast: number): number {
    if (atLeast > this.#value.incarnation) {
      this.#value = { ...this.#value, incarnation: atLeast };
      this.persist();
    }
    return this.#value.incarnation;
  }

  reserveSeq(upTo: number): void {
    this.#value = { ...this.#value, seqCeiling: upTo };
    this.persist();
  }
}
