import type { Json } from "../common/types.ts";

/** What an edge may ask about gossip; the hub answers from `Gossip.stats` and `TestMessages`. */
export type GossipRequest =
  | { readonly kind: "gossip-stats" }
  /** The same key again: the first message is told of again, and none is sent. */
  | { readonly kind: "test-message-start"; readonly payload: Json; readonly idempotencyKey?: string }
  | { readonly kind: "test-message-report"; readonly messageId: string };
