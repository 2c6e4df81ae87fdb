import { gossipMessages } from "../wire/gossip-messages.ts";
import { membershipMessages } from "../wire/membership-messages.ts";
import type { Message } from "../wire/messages.ts";
import { registryMessages } from "../wire/registry-messages.ts";

type KindsOf<T> = Extract<keyof T, Message["kind"]>;
type MessagesOf<T> = Extract<Message, { kind: KindsOf<T> }>;
export type MembershipMessage = MessagesOf<typeof membershipMessages>;
export type GossipMessage = MessagesOf<typeof gossipMessages>;
export type RegistryMessage = MessagesOf<typeof registryMessages>;

export type Addressed =
  | { readonly machine: "membership"; readonly message: MembershipMessage }
  | { readonly machine: "gossip"; readonly message: GossipMessage }
  | { readonly machine: "registry"; readonly message: RegistryMessage }
  /** Greeting and parting, which the links have dealt with. */
  | { readonly machine: "links" };

/** Which machine a message is for: the schema that defines it says so. */
export function addresseeOf(message: Message): Addressed {
  if (message.kind in membershipMessages) return { machine: "membership", message: message as MembershipMessage };
  if (message.kind in gossipMessages) return { machine: "gossip", message: message as GossipMessage };
  if (message.kind in registryMessages) return { machine: "registry", message: message as RegistryMessage };
  return { machine: "links" };
}
