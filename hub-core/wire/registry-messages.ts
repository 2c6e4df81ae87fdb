import { id, recordBody } from "./catalog.ts";
import { list, oneOf, uint, variant } from "./codec.ts";

/** Clusters in one assignment. */
export const MAX_ASSIGNED = 20;

/** Both are relayed: from a local hub through its regional hub to another region, `hops` counting the relays. */
export const registryMessages = {
  /** Whole cluster records for `to` to own from now on. Repeated until answered. */
  assign: variant(50, {
    assignment: uint,
    from: id,
    to: id,
    hops: uint,
    purpose: oneOf(["adoption", "hand-back"]),
    clusters: list(recordBody, MAX_ASSIGNED),
  }),
  assigned: variant(51, {
    assignment: uint,
    from: id,
    to: id,
    hops: uint,
    taken: list(id, MAX_ASSIGNED),
    /** No room, draining, or overtaken by a newer record. */
    refused: list(id, MAX_ASSIGNED),
  }),
} as const;
