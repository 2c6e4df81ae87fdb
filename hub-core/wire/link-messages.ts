import { TIERS } from "../common/types.ts";
import { coordinates, id, leadership } from "./catalog.ts";
import { nullable, oneOf, struct, text, uint, variant } from "./codec.ts";

const identity = struct({
  hubId: id,
  tier: oneOf(TIERS),
  region: id,
  coordinates,
  parent: nullable(id),
  address: text(2_048),
});

export const hubIdentity = identity;

export const linkMessages = {
  /** First on every link, from both ends, in the oldest version that both may know. */
  hello: variant(1, {
    oldestVersion: uint,
    newestVersion: uint,
    hub: identity,
    incarnation: uint,
    /** Drawn at every start: tells a restart from a clone. */
    instance: uint,
  }),
  /** Said before closing, so that the other end need not guess. */
  goodbye: variant(2, {
    reason: oneOf(["renewed", "duplicate", "over-limit", "leaving", "unwanted", "not-in-group", "protocol"]),
  }),
  /** Behind the hello of a hub that stands in for its parent: why it belongs to the other end's group. Since version 2. */
  "stand-in": variant(3, { leadership }),
} as const;
