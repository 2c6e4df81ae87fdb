/** What every handler of one request has at hand. */
import type { Deployment } from "../durable-objects/deployment/index.ts";
import type { HubId } from "../hub-core/common/types.ts";
import type { Position } from "../hub-core/routing/index.ts";
import type { Handover, Handovers, Hubs } from "./hubs/index.ts";
import type { PlaceFinder } from "./position/index.ts";

export interface EdgeBindings {
  readonly deployment: Deployment;
  readonly hubs: Hubs;
  /** The hub that the path named, when it did. */
  readonly addressed: HubId | null;
  /** What the edge that handed the request on says of it; `FROM_CLIENT` when none did. */
  readonly handover: Handover;
  readonly handovers: Handovers;
  /** Where the network says that the client is. */
  readonly network: Position;
  readonly findPlace: PlaceFinder;
  /** Checks users' tokens; null: there is none, and no token is good. */
  readonly tokenKey: string | null;
  /** The federation's key, by which peers prove who they are; not given: nobody is a peer. */
  readonly peerKey: string | undefined;
}

export interface EdgeEnv {
  Bindings: EdgeBindings;
}
