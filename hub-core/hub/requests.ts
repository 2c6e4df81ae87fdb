/** What an edge may ask of a hub. Each area's requests and answers are defined by the machine that answers them. */
import type { HubId, RegionId } from "../common/types.ts";
import type { ConsensusRequest } from "../consensus/index.ts";
import type { GossipRequest } from "../gossip/index.ts";
import type { RegistryRequest } from "../registry/index.ts";
import type { RoutingRequest } from "../routing/index.ts";
import type { StateRequest } from "../state/index.ts";

export type Request = ConsensusRequest | GossipRequest | RegistryRequest | RoutingRequest | StateRequest | HubRequest;

/** Answered by the hub itself, from all its machines. */
export type HubRequest =
  | { readonly kind: "health" }
  | { readonly kind: "status" }
  | { readonly kind: "metrics" }
  /** As it is in force: `ConfigAnswer`. */
  | { readonly kind: "config" }
  /** Hand over all duties, and take none: `DrainAnswer`. */
  | { readonly kind: "drain" }
  | { readonly kind: "undrain" }
  /** Leave the federation: `Departed`. */
  | { readonly kind: "shutdown" }
  /** Where a hub is, as far as anyone here knows: `HubLocation`, or 404 `hub_unknown`. */
  | { readonly kind: "locate"; readonly hubId: HubId };

export interface HubLocation {
  readonly hub_id: HubId;
  readonly region: RegionId;
  /** Base URL of the edge in front of it, as it says itself. */
  readonly address: string;
}
