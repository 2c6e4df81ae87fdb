/** Rumors that were announced and have not come: each is asked for, from one announcer after another, a bounded number of times. */
import type { DurationMs, HubId, Millis } from "../common/types.ts";
import { keyOf, type RumorId, type RumorKey } from "./rumor-id.ts";

interface Missing extends RumorId {
  readonly announcers: HubId[];
  dueAt: Millis;
  grafts: number;
}

export interface DueGraft extends RumorId {
  readonly announcer: HubId;
}

const MAX_ANNOUNCERS = 8;
/** After this many the rumor is left to anti-entropy. */
export const MAX_GRAFTS = 8;

export class MissingRumors {
  readonly #limit: number;
  readonly #byKey = new Map<RumorKey, Missing>();
  #nextDue: Millis = Number.POSITIVE_INFINITY;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#byKey.size;
  }

  get nextDue(): Millis {
    return this.#nextDue;
  }

  /** Returns false when there is no room: anti-entropy will bring it. */
  announced(id: RumorId, by: HubId, dueAt: Millis): boolean {
    const key = keyOf(id);
    const known = this.#byKey.get(key);
    if (known) {
      if (!known.announcers.includes(by) && known.announcers.length < MAX_ANNOUNCERS) known.announcers.push(by);
      return true;
    }
    if (this.#byKey.size >= this.#limit) return false;
    this.#byKey.set(key, { origin: id.origin, seq: id.seq, announcers: [by], dueAt, grafts: 0 });
    this.#nextDue = Math.min(this.#nextDue, dueAt);
    return true;
  }

  /** It came; those who announced it hold it too. */
  arrived(id: RumorId): readonly HubId[] {
    const key = keyOf(id);
    const entry = this.#byKey.get(key);
    this.#byKey.delete(key);
    if (this.#byKey.size === 0) this.#nextDue = Number.POSITIVE_INFINITY;
    return entry?.announcers ?? [];
  }

  peerGone(peer: HubId): void {
    for (const [key, entry] of this.#byKey) {
      const at = entry.announcers.indexOf(peer);
      if (at >= 0) entry.announcers.splice(at, 1);
      if (entry.announcers.length === 0) this.#byKey.delete(key);
    }
  }

  /** `arrivedOtherwise` drops what has come or was superseded meanwhile; `patience` is how long the announcer gets to answer. */
  due(now: Millis, arrivedOtherwise: (id: RumorId) => boolean, patience: (announcer: HubId) => DurationMs): DueGraft[] {
    if (now < this.#nextDue) return [];
    const grafts: DueGraft[] = [];
    this.#nextDue = Number.POSITIVE_INFINITY;
    for (const [key, entry] of this.#byKey) {
      if (entry.dueAt <= now) {
        const announcer = entry.announcers[entry.grafts % entry.announcers.length];
        if (announcer === undefined || entry.grafts >= MAX_GRAFTS || arrivedOtherwise(entry)) {
          this.#byKey.delete(key);
          continue;
        }
        grafts.push({ origin: entry.origin, seq: entry.seq, announcer });
        entry.grafts += 1;
        entry.dueAt = now + patience(announcer) * entry.grafts;
      }
      this.#nextDue = Math.min(this.#nextDue, entry.dueAt);
    }
    return grafts;
  }
}
