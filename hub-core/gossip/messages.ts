import type { gossipMessages, receiptMessages } from "../wire/gossip-messages.ts";
import type { Message } from "../wire/messages.ts";

/** Between two members of a group. */
export type GossipMessage = Extract<Message, { readonly kind: keyof typeof gossipMessages }>;
export type GossipMessageOf<K extends GossipMessage["kind"]> = Extract<GossipMessage, { readonly kind: K }>;

/** Receipts of test messages, between any two linked hubs. */
export type ReceiptMessage = Extract<Message, { readonly kind: keyof typeof receiptMessages }>;
export type Receipt = Extract<ReceiptMessage, { readonly kind: "test-receipts" }>["receipts"][number];
