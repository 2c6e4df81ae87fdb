/** What a peer is to be sent of each origin's log. The rumors themselves stay in the store until there is credit for them. */
import type { HubId } from "../common/types.ts";

interface Progress {
  after: number;
  /** The message that completed it; null while there is more. */
  completedBy: number | null;
}

export interface RangeRequest {
  readonly origin: HubId;
  readonly after: number;
}

/** Origins at once; the exchange that finds more is repeated by the next one. */
export const MAX_RANGES = 1_024;

export class RangeRequests {
  readonly #byOrigin = new Map<HubId, Progress>();

  get size(): number {
    return this.#byOrigin.size;
  }

  /** A range that is on its way is not sent again. False when there is no room. */
  add(origin: HubId, after: number): boolean {
    if (this.#byOrigin.has(origin)) return true;
    if (this.#byOrigin.size >= MAX_RANGES) return false;
    this.#byOrigin.set(origin, { after, completedBy: null });
    return true;
  }

  next(): RangeRequest | undefined {
    for (const [origin, { after, completedBy }] of this.#byOrigin) if (completedBy === null) return { origin, after };
    return undefined;
  }

  /** `message` carried everything up to `upTo`. */
  sent(origin: HubId, upTo: number, more: boolean, message: number): void {
    const progress = this.#byOrigin.get(origin);
    if (!progress) return;
    progress.after = upTo;
    if (!more) progress.completedBy = message;
  }

  abandon(origin: HubId): void {
    this.#byOrigin.delete(origin);
  }

  acknowledged(upTo: number): void {
    for (const [origin, { completedBy }] of this.#byOrigin) {
      if (completedBy !== null && completedBy <= upTo) this.#byOrigin.delete(origin);
    }
  }
}
