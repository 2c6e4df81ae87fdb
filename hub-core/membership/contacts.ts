/** Hubs to dial although no link with them is due: those that were never reached, and the failed, in turn. Bounded. */
import type { HubId, HubIdentity, Millis } from "../common/types.ts";

export const MAX_CONTACTS = 256;

interface Contact {
  /** Configured, or a parent or child: dialled for as long as this hub runs. */
  readonly pinned: boolean;
  readonly since: Millis;
}

export class Contacts {
  readonly #contacts = new Map<HubId, Contact>();
  #lastDialled: HubId | null = null;

  get size(): number {
    return this.#contacts.size;
  }

  /** When full, an unpinned contact makes room for a pinned one; else the newcomer is dropped and this answers false. */
  add(hub: HubIdentity, pinned: boolean, now: Millis): boolean {
    const known = this.#contacts.get(hub.hubId);
    if (!known && this.#contacts.size >= MAX_CONTACTS && !(pinned && this.#dropOneUnpinned())) return false;
    this.#contacts.set(hub.hubId, { pinned: pinned || (known?.pinned ?? false), since: now });
    return true;
  }

  isPinned(id: HubId): boolean {
    return this.#contacts.get(id)?.pinned ?? false;
  }

  all(): IterableIterator<HubId> {
    return this.#contacts.keys();
  }

  /** Drops the unpinned that were added before `before`. */
  expire(before: Millis): void {
    for (const [id, contact] of this.#contacts) {
      if (!contact.pinned && contact.since < before) this.#contacts.delete(id);
    }
  }

  /** The next of `candidates` in turn, in id order after the last one dialled. */
  next(candidates: readonly HubId[]): HubId | undefined {
    const sorted = [...candidates].sort();
    const last = this.#lastDialled;
    const next = (last === null ? undefined : sorted.find((id) => id > last)) ?? sorted[0];
    if (next !== undefined) this.#lastDialled = next;
    return next;
  }

  #dropOneUnpinned(): boolean {
    for (const [id, contact] of this.#contacts) {
      if (!contact.pinned) return this.#contacts.delete(id);
    }
    return false;
  }
}
