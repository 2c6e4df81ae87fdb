import { TIERS } from "../common/types.ts";
import { coordinates, id, leadership } from "./catalog.ts";
import { bytes, nullable, oneOf, struct, text, uint, variant } from "./codec.ts";

/** Of one part: two fit a frame of the least size that may be configured, four one of the usual size. */
export const PART_BYTES = 16_000;

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
} as const;

/** A message that fits no frame: the bytes of it in parts, one right after the other. `id` tells it from others on that link. */
export const partMessages = {
  "message-part": variant(4, { id: uint, index: uint, count: uint, bytes: bytes(PART_BYTES) }),
} as const;

export const standInMessages = {
  /** Behind the hello of a hub that stands in for its parent: why it belongs to the other end's group. */
  "stand-in": variant(3, { leadership }),
} as const;
