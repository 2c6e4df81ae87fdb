/**
 * What is new about members, on its way to the others: pushed at once over every link, then piggybacked on probes until
 * it has been sent λ·log₁₀(n+1) times (SWIM §4.1) or is old: later, views are compared. Keeps only the newest news of each member; bounded.
 */

import type { Outbox } from "../common/outbox.ts";
import type { DurationMs, HubId, Millis } from "../common/types.ts";
import { MAX_NEWS, MAX_PIGGYBACK, type MemberUpdate } from "../wire/membership-messages.ts";

export const MAX_QUEUED = 512;
/** A first change goes out at once; those that follow within this time share its successor's frame. */
export const COALESCE_MS: DurationMs = 10;

/** A push that got lost is repaired by what rides on probes within this, or by the next comparison of views. */
export const REPEATED_FOR_MS: DurationMs = 15_000;

interface Item {
  readonly update: MemberUpdate;
  /** For a suspicion, since when the suspect is silent. */
  readonly silentSince: Millis;
  /** Who told us: they need not be told. */
  readonly via: HubId | null;
  readonly since: Millis;
  pushed: boolean;
  sent: number;
}

export function subjectOf(update: MemberUpdate): HubId {
  return update.kind === "alive" ? update.hub.hubId : update.hubId;
}

export class News {
  readonly #self: HubId;
  readonly #retransmitMultiplier: number;
  readonly #items = new Map<string, Item>();
  #flushAt: Millis = Number.POSITIVE_INFINITY;
  #lastFlushAt: Millis = Number.NEGATIVE_INFINITY;
  #dropped = 0;

  constructor(self: HubId, retransmitMultiplier: number) {
    this.#self = self;
    this.#retransmitMultiplier = retransmitMultiplier;
  }

  get size(): number {
    return this.#items.size;
  }

  /** Pushed out of a full queue before they were sent often enough; push/pull makes up for them. */
  get dropped(): number {
    return this.#dropped;
  }

  announce(update: MemberUpdate, silentSince: Millis, via: HubId | null, now: Millis): void {
    const subject = subjectOf(update);
    if (update.kind !== "suspect") this.#supersede(subject);
    this.#items.delete(keyOf(update));
    if (this.#items.size >= MAX_QUEUED) this.#evict();
    this.#items.set(keyOf(update), { update, silentSince, via, since: now, pushed: false, sent: 0 });
    this.#flushAt = Math.min(this.#flushAt, Math.max(now, this.#lastFlushAt + COALESCE_MS));
  }

  nextDeadline(): Millis {
    return this.#flushAt;
  }

  /** Pushes what is new to all of `peers`, if it is time. */
  flush(peers: Iterable<HubId>, now: Millis, out: Outbox): void {
    if (now >= this.#flushAt) this.push(peers, now, out);
  }

  /** Pushes it without waiting for company. */
  push(peers: Iterable<HubId>, now: Millis, out: Outbox): void {
    this.#flushAt = Number.POSITIVE_INFINITY;
    this.#lastFlushAt = now;
    const fresh = this.#byUrgency((item) => !item.pushed);
    if (fresh.length === 0) return;
    for (const item of fresh) {
      item.pushed = true;
      item.sent += 1;
    }
    for (const peer of peers) {
      const updates = fresh.filter((item) => item.via !== peer).map((item) => asSent(item, now));
      for (let from = 0; from < updates.length; from += MAX_NEWS) {
        out.send(peer, { kind: "news", updates: updates.slice(from, from + MAX_NEWS) });
      }
    }
  }

  /** For a probe or its answer: the most urgent and least sent, less what has been sent often enough in a group of `n`. */
  piggyback(n: number, now: Millis): MemberUpdate[] {
    if (this.#items.size === 0) return [];
    const limit = Math.max(2, Math.ceil(this.#retransmitMultiplier * Math.log10(n + 1)));
    this.#expire(now);
    const chosen = this.#byUrgency((item) => item.pushed).slice(0, MAX_PIGGYBACK);
    for (const item of chosen) {
      item.sent += 1;
      if (item.sent >= limit) this.#items.delete(keyOf(item.update));
    }
    return chosen.map((item) => asSent(item, now));
  }

  clear(): void {
    this.#items.clear();
    this.#flushAt = Number.POSITIVE_INFINITY;
  }

  #expire(now: Millis): void {
    for (const [key, item] of this.#items)
      if (item.pushed && now - item.since > REPEATED_FOR_MS) this.#items.delete(key);
  }

  #supersede(subject: HubId): void {
    for (const [key, item] of this.#items) if (subjectOf(item.update) === subject) this.#items.delete(key);
  }

  #evict(): void {
    const least = this.#byUrgency(() => true).at(-1);
    if (!least) return;
    this.#items.delete(keyOf(least.update));
    this.#dropped += 1;
  }

  #byUrgency(isWanted: (item: Item) => boolean): Item[] {
    const wanted = [...this.#items.values()].filter(isWanted);
    return wanted.sort((a, b) => this.#urgency(a) - this.#urgency(b) || a.sent - b.sent);
  }

  /** Lower goes first: this hub's own refutation, then failures. */
  #urgency({ update }: Item): number {
    if (subjectOf(update) === this.#self) return 0;
    switch (update.kind) {
      case "failed":
        return 1;
      case "suspect":
        return 2;
      case "left":
      case "refused":
        return 3;
      case "alive":
        return 4;
    }
  }
}

/** Each accuser's suspicion is its own piece of news; of everything else the last one counts. */
function keyOf(update: MemberUpdate): string {
  return update.kind === "suspect" ? `${update.hubId} ${update.from}` : subjectOf(update);
}

function asSent({ update, silentSince }: Item, now: Millis): MemberUpdate {
  return update.kind === "suspect" ? { ...update, silentMs: Math.max(0, now - silentSince) } : update;
}
