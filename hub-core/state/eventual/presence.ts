/** Which hubs answer for what they said: those that are here, in the life of storage in which they said it. */
import type { DurationMs, HubId, Millis } from "../../common/types.ts";
import { isGone } from "../../wire/catalog.ts";
import type { Source } from "./eventual-key.ts";
import type { Surroundings } from "./surroundings.ts";

interface Life {
  /** "0": the hub has not said yet. */
  readonly replica: string;
  readonly isHere: boolean;
  /** As far as this hub saw it. */
  readonly since: Millis;
}

export class Presence {
  readonly #around: Surroundings;
  #seenVersion = -1;
  #lives: ReadonlyMap<HubId, Life> = new Map();
  /** Since when nobody else is here, though somebody was; null while somebody is. */
  #aloneSince: Millis | null = null;

  constructor(around: Surroundings) {
    this.#around = around;
  }

  get hasNews(): boolean {
    return this.#around.catalog.networkVersion !== this.#seenVersion;
  }

  /** Since when nobody answers for a word; null while its hub does. A hub that nobody knows counts from when its word came. */
  goneSince({ origin, saidIn, since }: Source): Millis | null {
    const { self, catalog } = this.#around;
    if (origin === self) return null;
    const life = this.#lives.get(origin);
    const view = catalog.hub(origin);
    if (!view || isGone(view.state)) return Math.max(since, catalog.hubSince(origin));
    // A hub that lost its storage does not say it any more, unless it says so again.
    const isOfThisLife = !life || life.replica === "0" || life.replica === saidIn;
    return isOfThisLife ? null : Math.max(since, life.since);
  }

  /** As far as this hub saw it; of itself, and of those that have been here all the time, since ever. */
  hereSince(hub: HubId): Millis {
    return this.#lives.get(hub)?.since ?? Number.NEGATIVE_INFINITY;
  }

  /** @returns those that came, went or began anew; and for how long this hub was alone, if that has just ended. */
  review(now: Millis): { readonly changed: ReadonlySet<HubId>; readonly wasAloneFor: DurationMs | null } {
    const { self, catalog } = this.#around;
    this.#seenVersion = catalog.networkVersion;
    const lives = new Map<HubId, Life>();
    for (const { hubId, state, record } of catalog.hubs()) {
      const known = this.#lives.get(hubId);
      const life = { replica: (record?.replica ?? 0).toString(36), isHere: !isGone(state), since: now };
      const isSame = known?.replica === life.replica && known.isHere === life.isHere;
      if (hubId !== self) lives.set(hubId, isSame ? known : life);
    }
    const changed = new Set<HubId>();
    for (const hub of [...this.#lives.keys(), ...lives.keys()])
      if (this.#lives.get(hub) !== lives.get(hub)) changed.add(hub);
    const wasHere = someone(this.#lives);
    const isHere = someone(lives);
    const wasAloneFor = isHere && this.#aloneSince !== null ? now - this.#aloneSince : null;
    if (isHere) this.#aloneSince = null;
    else if (wasHere) this.#aloneSince ??= now;
    this.#lives = lives;
    return { changed, wasAloneFor };
  }
}

function someone(lives: ReadonlyMap<HubId, Life>): boolean {
  return [...lives.values()].some(({ isHere }) => isHere);
}
