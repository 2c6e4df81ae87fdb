/** Which hubs have come or gone since the last look, and whether this hub has been alone for too long. */
import type { DurationMs, HubId, Millis } from "../../common/types.ts";
import { isGone } from "../../wire/catalog.ts";
import type { Surroundings } from "./surroundings.ts";

export class Presence {
  readonly #around: Surroundings;
  #seenVersion = -1;
  #here: ReadonlySet<HubId> = new Set();
  #known: ReadonlySet<HubId> = new Set();
  /** Since when nobody else is here, though others are, or were; null while somebody is. */
  #aloneSince: Millis | null = null;

  constructor(around: Surroundings) {
    this.#around = around;
  }

  get hasNews(): boolean {
    return this.#around.catalog.networkVersion !== this.#seenVersion;
  }

  /** @returns those that came, went or were heard of; and for how long this hub was alone, if that has just ended. */
  review(now: Millis): { readonly changed: ReadonlySet<HubId>; readonly wasAloneFor: DurationMs | null } {
    const { self, catalog } = this.#around;
    this.#seenVersion = catalog.networkVersion;
    const here = new Set<HubId>();
    const known = new Set<HubId>();
    for (const { hubId, state } of catalog.hubs()) {
      if (hubId === self) continue;
      known.add(hubId);
      if (!isGone(state)) here.add(hubId);
    }
    const changed = new Set<HubId>([...here].filter((hub) => !this.#here.has(hub)));
    for (const hub of this.#here) if (!here.has(hub)) changed.add(hub);
    for (const hub of known) if (!this.#known.has(hub)) changed.add(hub);
    for (const hub of this.#known) if (!known.has(hub)) changed.add(hub);
    const wasAloneFor = here.size > 0 && this.#aloneSince !== null ? now - this.#aloneSince : null;
    if (here.size > 0) this.#aloneSince = null;
    else if (this.#here.size > 0) this.#aloneSince ??= now;
    this.#here = here;
    this.#known = known;
    return { changed, wasAloneFor };
  }
}
