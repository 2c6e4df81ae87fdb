/** Who acts for whom when a hub is gone. Every answer is a function of the view alone, so equal views agree. */
import type { HubView } from "../common/catalog-view.ts";
import { type HubId, type HubIdentity, type RegionId, unreachable, upGroupOf } from "../common/types.ts";
import { isGone } from "../wire/catalog.ts";
import type { Catalog } from "./catalog.ts";
import { nearestTo } from "./placement.ts";

export class Succession {
  readonly #self: HubIdentity;
  readonly #catalog: Catalog;

  constructor(self: HubIdentity, catalog: Catalog) {
    this.#self = self;
    this.#catalog = catalog;
  }

  /** The living regional or global hub nearest to a region whose own regional hub is gone. */
  sponsorOf(regional: HubView): HubId | undefined {
    return nearestTo(
      regional.coordinates,
      this.#others(({ tier, hubId }) => tier !== "local" && hubId !== regional.hubId),
    )?.hubId;
  }

  /** The child with the lowest id stands in for a parent that is gone. */
  standsInFor(parent: HubId): boolean {
    if (this.#self.parent !== parent || !this.#catalog.directory.isGone(parent)) return false;
    const { hubId } = this.#self;
    return !this.#others((hub) => hub.parent === parent && hub.hubId < hubId).length;
  }

  isRegionGone(region: RegionId): boolean {
    return this.#others((hub) => hub.region === region && hub.tier !== "global").length === 0;
  }

  /** Whether this hub decides who adopts the clusters of a hub that is gone. */
  decidesFor(dead: HubView): boolean {
    const { hubId, tier } = this.#self;
    switch (dead.tier) {
      case "local":
        if (dead.parent === hubId) return true;
        if (dead.parent !== null && !this.#catalog.directory.isGone(dead.parent)) return false;
        return this.#decidesWithout(dead.parent, dead.region);
      case "regional":
        return this.#decidesWithout(dead.hubId, dead.region);
      case "global": {
        if (tier !== "regional") return false;
        const heir = nearestTo(
          dead.coordinates,
          this.#others((hub) => hub.tier === "regional"),
        );
        return heir?.hubId === hubId;
      }
      default:
        return unreachable(dead.tier);
    }
  }

  /** In a region that still has hubs, one of them; else the region's sponsor. */
  #decidesWithout(regional: HubId | null, region: RegionId): boolean {
    if (regional === null) return false;
    if (upGroupOf(this.#self) === region) return this.standsInFor(regional);
    const view = this.#catalog.hub(regional);
    return view !== undefined && this.isRegionGone(region) && this.sponsorOf(view) === this.#self.hubId;
  }

  #others(which: (hub: HubView) => boolean): HubView[] {
    return [...this.#catalog.hubs()].filter((hub) => !isGone(hub.state) && which(hub));
  }
}
