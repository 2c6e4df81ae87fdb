/**
 * The store as one group sees it. Inside a region records travel whole; down to a region's local hubs, those of other
 * regions travel in routing form, and so are never taken back from them.
 */
import type { HubId, HubIdentity, Json, Millis } from "../common/types.ts";
import type { Rumor, RumorStore } from "../wire/catalog.ts";
import type { RecordStore } from "./record-store.ts";
import { StoreView } from "./store-view.ts";

export type Provenance = "own-region" | "foreign" | "unknown";

/** `hub`: what `self` knows of the origin. */
export function provenanceOf(origin: HubId, hub: HubIdentity | undefined, self: HubIdentity): Provenance {
  if (origin === self.hubId) return "own-region";
  if (!hub) return "unknown";
  // A stand-in brings up what its parent would.
  if (self.tier === "local") return origin === self.parent || hub.parent === self.parent ? "own-region" : "foreign";
  // The global hub may stand in the same place, but its log comes from above.
  return hub.region === self.region && hub.parent === self.hubId ? "own-region" : "foreign";
}

export class RegionalStore extends StoreView implements RumorStore {
  readonly #provenance: (origin: HubId) => Provenance;
  readonly #region: string;

  constructor(store: RecordStore, region: string, provenance: (origin: HubId) => Provenance) {
    super(store);
    this.#region = region;
    this.#provenance = provenance;
  }

  get(origin: HubId, seq: number): Rumor | undefined {
    const rumor = this.store.get(origin, seq);
    return rumor && this.#form(rumor);
  }

  changesSince(origin: HubId, after: number, maxBytes: number): ReturnType<RumorStore["changesSince"]> {
    return this.store.changesSince(origin, after, maxBytes, (rumor) => this.#form(rumor));
  }

  /** A hub nobody has heard of is refused until its own record or the group says where it belongs. */
  apply(rumor: Rumor, from: HubId, now: Millis): "applied" | "stale" | "rejected" {
    const introducesItself = rumor.body.kind === "hub" && rumor.body.region === this.#region;
    const provenance = introducesItself ? "own-region" : this.#provenance(rumor.origin);
    if (provenance === "own-region") return this.store.apply(rumor, from, now);
    return provenance === "foreign" ? "stale" : "rejected";
  }

  completeUpTo(origin: HubId, upTo: number): void {
    if (this.#provenance(origin) === "own-region") this.store.completeUpTo(origin, upTo);
  }

  #form(rumor: Rumor): Rumor {
    return this.#provenance(rumor.origin) === "foreign" ? routingForm(rumor) : rumor;
  }
}

/** What a hub holds of the records of `owner`: a local one, of other regions, what routing needs. */
export type RecordForm = "whole" | "routing";

export function formAt(self: HubIdentity, owner: HubIdentity | undefined): RecordForm {
  if (self.tier !== "local" || owner?.hubId === self.hubId) return "whole";
  return owner && (owner.hubId === self.parent || owner.parent === self.parent) ? "whole" : "routing";
}

/** What a decision needs, less what only people read. */
export function routingForm(rumor: Rumor): Rumor {
  if (rumor.body.kind !== "cluster" || rumor.body.metadata === null) return rumor;
  return { ...rumor, body: { ...rumor.body, metadata: ranking(rumor.body.metadata) } };
}

/** Of the metadata, what ranks: equal questions get equal scores at every hub. */
function ranking(metadata: Json): Json {
  if (metadata === null || typeof metadata !== "object" || Array.isArray(metadata)) return null;
  const routing = (metadata as Readonly<Record<string, Json>>).routing;
  return routing === undefined ? null : { routing };
}
