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

  /** The elected child stands in for a parent that is gone; where nobody was elected, the one with the lowest id. */
  standsInFor(parent: HubId): boolean {
    if (this.#self.parent !== parent) return false;
    const { hubId } = this.#self;
    const coordinator = this.#catalog.directory.coordinatorOf(parent);
    if (coordinator) return coordinator.hubId === hubId;
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
        return this.#decidesFor(dead.parent, dead.region);
      case "regional":
        return this.#decidesFor(dead.hubId, dead.region);
      case "global": {
        if (tier !== "regional") return false;
        const coordinator = this.#catalog.directory.coordinatorOf(dead.hubId);
        if (coordinator) return coordinator.hubId === hubId;
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

  /** Whoever coordinates the region; without one, in a region that still has hubs, one of them; else the region's sponsor. */
  #decidesFor(regional: HubId | null, region: RegionId): boolean {
    if (regional === null) return false;
    const coordinator = this.#catalog.directory.coordinatorOf(regional);
    if (coordinator) return coordinator.hubId === this.#self.hubId;
    if (upGroupOf(this.#self) === region) return this.standsInFor(regional);
    const view = this.#catalog.hub(regional);
    return view !== undefined && this.isRegionGone(region) && this.sponsorOf(view) === this.#self.hubId;
  }

  #others(which: (hub: HubView) => boolean): HubView[] {
    return [...this.#catalog.hubs()].filter((hub) => !isGone(hub.state) && which(hub));
  }
}
