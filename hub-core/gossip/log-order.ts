/**
 * What may be claimed about the rumors before one that is pushed (as Raft's `prevLogIndex` does for entries): a receiver
 * that is complete up to `previous` is then complete up to the rumor itself, although sequence numbers have holes where
 * updates were superseded, kept from this group, or skipped by a restart.
 */
import type { HubId } from "../common/types.ts";

/** Origins remembered; for one forgotten nothing is claimed once, and anti-entropy closes the hole. */
const MAX_ORIGINS = 1_024;

export class LogOrder {
  /** Highest seq of each origin that passed through this group, pushed or received. */
  readonly #highest = new Map<HubId, number>();

  passed(origin: HubId, seq: number): void {
    const highest = this.#highest.get(origin);
    if (highest !== undefined && highest >= seq) return;
    this.#highest.set(origin, seq);
    if (this.#highest.size <= MAX_ORIGINS) return;
    for (const first of this.#highest.keys()) {
      this.#highest.delete(first);
      return;
    }
  }

  /**
   * To be asked before `passed`. `completeTo`: what our own store is complete to. A claim needs every update below `seq` to
   * have been here, hence to have passed; out of order, nothing is claimed.
   */
  previousOf(origin: HubId, seq: number, completeTo: number): number | null {
    const highest = this.#highest.get(origin);
    return highest !== undefined && highest < seq && completeTo >= seq ? highest : null;
  }
}
