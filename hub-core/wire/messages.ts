import { type Decoded, union } from "./codec.ts";
import { consensusMessages, relayMessages } from "./consensus-messages.ts";
import { gossipMessages, receiptMessages } from "./gossip-messages.ts";
import { linkMessages } from "./link-messages.ts";
import { membershipMessages } from "./membership-messages.ts";
import { registryMessages } from "./registry-messages.ts";

/** Tags: link 1–9, membership 10–29, gossip 30–49, registry 50–69, consensus 70–99, state 100–119. Never reused. */
export const message = union({
  ...linkMessages,
  ...membershipMessages,
  ...gossipMessages,
  ...receiptMessages,
  ...registryMessages,
  ...consensusMessages,
  ...relayMessages,
});

export type Message = Decoded<typeof message>;
export type MessageOf<K extends Message["kind"]> = Extract<Message, { kind: K }>;
