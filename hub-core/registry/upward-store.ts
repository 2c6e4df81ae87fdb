/**
 * The store as a stand-in for a regional hub shows it to the group above: its region's records whole, and nothing of the others,
 * which it holds in routing form only. What it is told of those it keeps in that form too.
 */
import type { HubId, Millis } from "../common/types.ts";
import type { Rumor, RumorStore } from "../wire/catalog.ts";
import type { RecordStore } from "./record-store.ts";
import { type Provenance, routingForm } from "./scoped-store.ts";
import { StoreView } from "./store-view.ts";

export class UpwardStore extends StoreView implements RumorStore {
  readonly #provenance: (origin: HubId) => Provenance;

  constructor(store: RecordStore, provenance: (origin: HubId) => Provenance) {
    super(store);
    this.#provenance = provenance;
  }

  get(origin: HubId, seq: number): Rumor | undefined {
    return this.#isOurs(origin) ? this.store.get(origin, seq) : undefined;
  }

  changesSince(origin: HubId, after: number, maxBytes: number): ReturnType<RumorStore["changesSince"]> {
    return this.#isOurs(origin)
      ? this.store.changesSince(origin, after, maxBytes)
      : { rumors: [], upTo: after, more: false };
  }

  /** Of a hub nobody has heard of only its own record is taken, which says where it belongs. */
  apply(rumor: Rumor, from: HubId, now: Millis): "applied" | "stale" | "rejected" {
    switch (this.#provenance(rumor.origin)) {
      case "own-region":
        return this.store.apply(rumor, from, now);
      case "foreign":
        return this.store.apply(routingForm(rumor), from, now);
      case "unknown":
        return rumor.body.kind === "hub" ? this.store.apply(rumor, from, now) : "rejected";
    }
  }

  completeUpTo(origin: HubId, upTo: number): void {
    if (this.#provenance(origin) !== "unknown") this.store.completeUpTo(origin, upTo);
  }

  #isOurs(origin: HubId): boolean {
    return this.#provenance(origin) === "own-region";
  }
}
