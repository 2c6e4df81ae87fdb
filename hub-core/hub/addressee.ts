import { consensusMessages, relayMessages } from "../wire/consensus-messages.ts";
import { gossipMessages, receiptMessages } from "../wire/gossip-messages.ts";
import { membershipMessages } from "../wire/membership-messages.ts";
import type { Message } from "../wire/messages.ts";
import { registryMessages } from "../wire/registry-messages.ts";

type MessagesOf<T> = Extract<Message, { kind: Extract<keyof T, Message["kind"]> }>;

export type Addressed =
  | { readonly machine: "membership"; readonly message: MessagesOf<typeof membershipMessages> }
  | { readonly machine: "gossip"; readonly message: MessagesOf<typeof gossipMessages> }
  | { readonly machine: "tests"; readonly message: MessagesOf<typeof receiptMessages> }
  | { readonly machine: "registry"; readonly message: MessagesOf<typeof registryMessages> }
  | { readonly machine: "consensus"; readonly message: MessagesOf<typeof consensusMessages> }
  | { readonly machine: "relay"; readonly message: MessagesOf<typeof relayMessages> }
  /** Greeting and parting, which the links have dealt with. */
  | { readonly machine: "links" };

const machineOf = new Map<string, Addressed["machine"]>([
  ...Object.keys(membershipMessages).map((kind) => [kind, "membership"] as const),
  ...Object.keys(gossipMessages).map((kind) => [kind, "gossip"] as const),
  ...Object.keys(receiptMessages).map((kind) => [kind, "tests"] as const),
  ...Object.keys(registryMessages).map((kind) => [kind, "registry"] as const),
  ...Object.keys(consensusMessages).map((kind) => [kind, "consensus"] as const),
  ...Object.keys(relayMessages).map((kind) => [kind, "relay"] as const),
]);

/** Which machine a message is for: the schema that defines it says so. */
export function addresseeOf(message: Message): Addressed {
  return { machine: machineOf.get(message.kind) ?? "links", message } as Addressed;
}
