/** A federation, seen by each of its hubs: who it is, whom it looks for at the start, and the settings it shares. */
import type { HubId, HubIdentity, RegionId } from "../common/types.ts";
import type { Federation, FederationHub } from "./federation-file.ts";
import type { HubConfig } from "./hub-config.ts";

/** Base URL of a region's edge; as seen from another place it may differ. */
export type AddressOf = (region: RegionId) => string;

export function hubIdentity(hub: FederationHub, addressOf: AddressOf): HubIdentity {
  return {
    hubId: hub.id,
    tier: hub.tier,
    region: hub.region,
    coordinates: hub.coordinates,
    parent: hub.parent,
    address: hub.url ?? addressOf(hub.region),
  };
}

export function hubConfigs(federation: Federation, addressOf: AddressOf): HubConfig[] {
  return federation.hubs.map((hub) => configOf(federation, hub, addressOf));
}

/** Null for an id that the federation does not name. */
export function hubConfigOf(federation: Federation, id: HubId, addressOf: AddressOf): HubConfig | null {
  const hub = federation.hubs.find((candidate) => candidate.id === id);
  return hub === undefined ? null : configOf(federation, hub, addressOf);
}

function configOf(federation: Federation, hub: FederationHub, addressOf: AddressOf): HubConfig {
  const { network, gossip, membership, consensus, registry, state, limits } = federation.settings;
  const seeds = federation.hubs
    .filter((other) => other.id !== hub.id && sharesGroup(hub, other))
    .map((other) => hubIdentity(other, addressOf));
  const parent = federation.hubs.find(({ id }) => id === hub.parent);
  const above = federation.hubs
    .filter((other) => parent !== undefined && parent.parent !== null && sharesGroup(parent, other))
    .filter((other) => other.parent !== parent?.id)
    .map((other) => hubIdentity(other, addressOf));
  const sections = { network, gossip, membership, consensus, registry, state, limits };
  return { hub: hubIdentity(hub, addressOf), seeds, above, ...sections };
}

/** Parent, siblings and children. */
function sharesGroup(hub: FederationHub, other: FederationHub): boolean {
  return other.id === hub.parent || other.parent === hub.id || (hub.parent !== null && other.parent === hub.parent);
}
