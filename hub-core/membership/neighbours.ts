/** With whom this hub wants standing links: its neighbours in the overlay, as many as its share of links allows. */
import type { HubId } from "../common/types.ts";
import type { Roster } from "./roster.ts";

export class Neighbours {
  readonly #self: HubId;
  readonly #roster: Roster;
  #max: number;
  /** Of the members as they were at that version. */
  #cached: { readonly version: number; readonly ids: readonly HubId[] } = { version: -1, ids: [] };

  constructor(self: HubId, roster: Roster, max: number) {
    this.#self = self;
    this.#roster = roster;
    this.#max = max;
  }

  get max(): number {
    return this.#max;
  }

  setMax(max: number): void {
    if (max === this.#max) return;
    this.#max = max;
    this.#roster.overlay.setMaxNeighbours(max);
    this.#cached = { version: -1, ids: [] };
  }

  /** The same from both ends when views and budgets agree. */
  all(): readonly HubId[] {
    const { version, overlay } = this.#roster;
    if (this.#cached.version !== version) {
      this.#cached = { version, ids: overlay.neighboursOf(this.#self).slice(0, this.#max) };
    }
    return this.#cached.ids;
  }
}
