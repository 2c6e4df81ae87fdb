import { type Decoded, union } from "./codec.ts";
import { consensusMessages, relayMessages } from "./consensus-messages.ts";
import { gossipMessages, receiptMessages } from "./gossip-messages.ts";
import { linkMessages, partMessages, standInMessages } from "./link-messages.ts";
import { membershipMessages } from "./membership-messages.ts";
import { registryMessages } from "./registry-messages.ts";

/**
 * All messages, by the protocol version that they came with: a peer of an earlier one refuses the whole frame that has one.
 * Tags: link 1–9, membership 10–29, gossip 30–49, registry 50–69, consensus 70–99, state 100–119. Never reused.
 */
const BY_VERSION = {
  1: { ...linkMessages, ...membershipMessages, ...gossipMessages, ...receiptMessages, ...registryMessages },
  2: { ...partMessages, ...standInMessages, ...consensusMessages, ...relayMessages },
} as const;

export const message = union({ ...BY_VERSION[1], ...BY_VERSION[2] });

export type Message = Decoded<typeof message>;
export type MessageOf<K extends Message["kind"]> = Extract<Message, { kind: K }>;

const versions = new Map(
  Object.entries(BY_VERSION).flatMap(([version, messages]) =>
    Object.keys(messages).map((kind) => [kind, Number(version)] as const),
  ),
);

/** The first protocol version whose speakers can read it. */
export function messageSince(kind: Message["kind"]): number {
  return versions.get(kind) as number;
}
