/** Rumors waiting for one peer: urgent before normal before bulk, the newest of a key only, never more than the limit. */
import type { HubId } from "../common/types.ts";
import { PRIORITIES, type Priority, type Rumor } from "../wire/catalog.ts";

export interface Queued {
  readonly rumor: Rumor;
  /** Links travelled when it arrives at the peer. */
  readonly hops: number;
  /** Nothing of the origin between this and the rumor matters any more; null claims nothing. */
  readonly previous: number | null;
  readonly bytes: number;
}

export class SendQueue {
  readonly #limit: number;
  readonly #lanes: Readonly<Record<Priority, Map<string, Queued>>> = {
    urgent: new Map(),
    normal: new Map(),
    bulk: new Map(),
  };
  /** Where a rumor stands, by what it replaces. */
  readonly #laneOf = new Map<string, Priority>();
  /** The queued rumor that claims to follow a given one. */
  readonly #successors = new Map<string, string>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#laneOf.size;
  }

  /** Returns what had to be dropped to stay within the limit: the oldest bulk, else normal, else urgent one. */
  push(queued: Queued): Queued | null {
    const slot = slotOf(queued.rumor);
    const lane = this.#laneOf.get(slot);
    const older = lane && this.#lanes[lane].get(slot);
    if (lane && older) {
      if (older.rumor.seq >= queued.rumor.seq) return null;
      this.#replace(slot, lane, older, queued);
      return null;
    }
    this.#put(slot, queued.rumor.priority, queued);
    return this.size > this.#limit ? this.#dropOldest() : null;
  }

  peek(priority: Priority): Queued | undefined {
    for (const queued of this.#lanes[priority].values()) return queued;
    return undefined;
  }

  take(priority: Priority): Queued | undefined {
    const queued = this.peek(priority);
    if (queued) this.#remove(slotOf(queued.rumor), priority, queued);
    return queued;
  }

  /** The newer value goes in the older one's place, in the more urgent lane of the two. */
  #replace(slot: string, lane: Priority, older: Queued, newer: Queued): void {
    this.#remove(slot, lane, older);
    const chained = older.rumor.seq === newer.previous ? { ...newer, previous: older.previous } : newer;
    this.#adopt(older);
    const urgent = PRIORITIES.indexOf(lane) < PRIORITIES.indexOf(newer.rumor.priority) ? lane : newer.rumor.priority;
    this.#put(slot, urgent, chained);
  }

  /** What followed the superseded rumor follows its predecessor now. */
  #adopt(gone: Queued): void {
    const slot = this.#successors.get(linkOf(gone.rumor.origin, gone.rumor.seq));
    const lane = slot === undefined ? undefined : this.#laneOf.get(slot);
    if (slot === undefined || lane === undefined) return;
    const follower = this.#lanes[lane].get(slot);
    if (!follower || follower.previous !== gone.rumor.seq) return;
    const moved = { ...follower, previous: gone.previous };
    this.#lanes[lane].set(slot, moved);
    this.#successors.delete(linkOf(gone.rumor.origin, gone.rumor.seq));
    if (moved.previous !== null) this.#successors.set(linkOf(moved.rumor.origin, moved.previous), slot);
  }

  #put(slot: string, lane: Priority, queued: Queued): void {
    this.#lanes[lane].set(slot, queued);
    this.#laneOf.set(slot, lane);
    if (queued.previous !== null) this.#successors.set(linkOf(queued.rumor.origin, queued.previous), slot);
  }

  #remove(slot: string, lane: Priority, queued: Queued): void {
    this.#lanes[lane].delete(slot);
    this.#laneOf.delete(slot);
    if (queued.previous === null) return;
    const link = linkOf(queued.rumor.origin, queued.previous);
    if (this.#successors.get(link) === slot) this.#successors.delete(link);
  }

  #dropOldest(): Queued | null {
    for (const priority of PRIORITIES.toReversed()) {
      const oldest = this.take(priority);
      if (oldest) return oldest;
    }
    return null;
  }
}

function slotOf({ origin, key }: Rumor): string {
  return `${origin}\n${key}`;
}

function linkOf(origin: HubId, seq: number): string {
  return `${seq}@${origin}`;
}
