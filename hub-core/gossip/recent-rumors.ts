/**
 * Rumors of the last minute or so: where each came from, how far it had travelled, and which peers are known to hold it.
 * Bounded; at the limit the oldest is forgotten, and anti-entropy is what repairs it.
 */
import type { DurationMs, HubId, Millis } from "../common/types.ts";
import { keyOf, type RumorId, type RumorKey } from "./rumor-id.ts";

export interface RecentRumor extends RumorId {
  readonly key: RumorKey;
  readonly hops: number;
  /** Null: our own, or relayed from the hub's other group. */
  readonly from: HubId | null;
  readonly at: Millis;
  /** Peers that sent it, announced it or acknowledged it. */
  readonly holders: HubId[];
  /** Repair announcements made so far. */
  repairs: number;
}

/** Long enough that a test message, which lives a minute, keeps its hop count to the end. */
const REMEMBER_MS: DurationMs = 75_000;

export class RecentRumors {
  readonly #limit: number;
  readonly #byKey = new Map<RumorKey, RecentRumor>();
  readonly #unsettled = new Map<RumorKey, RecentRumor>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#byKey.size;
  }

  get(id: RumorId): RecentRumor | undefined {
    return this.#byKey.get(keyOf(id));
  }

  /** `spreading`: to be confirmed by every peer; otherwise only remembered. */
  add(id: RumorId, hops: number, from: HubId | null, holders: Iterable<HubId>, now: Millis, spreading: boolean): void {
    this.#expire(now);
    const key = keyOf(id);
    const entry: RecentRumor = {
      key,
      origin: id.origin,
      seq: id.seq,
      hops,
      from,
      at: now,
      holders: [...new Set(holders)],
      repairs: 0,
    };
    this.#byKey.set(key, entry);
    if (spreading) this.#unsettled.set(key, entry);
    if (this.#byKey.size > this.#limit) this.#forgetOldest();
  }

  heldBy(key: RumorKey, peer: HubId): void {
    const known = this.#byKey.get(key);
    if (known && !known.holders.includes(peer)) known.holders.push(peer);
  }

  get hasUnsettled(): boolean {
    return this.#unsettled.size > 0;
  }

  unsettled(): readonly RecentRumor[] {
    return [...this.#unsettled.values()];
  }

  settle(entry: RecentRumor): void {
    this.#unsettled.delete(entry.key);
  }

  #expire(now: Millis): void {
    for (const [key, entry] of this.#byKey) {
      if (entry.at + REMEMBER_MS > now) return;
      this.#byKey.delete(key);
      this.#unsettled.delete(key);
    }
  }

  #forgetOldest(): void {
    for (const key of this.#byKey.keys()) {
      this.#byKey.delete(key);
      this.#unsettled.delete(key);
      return;
    }
  }
}
