/** A message of a peer, to the machine that it is for. */
import type { Outbox } from "../common/outbox.ts";
import { type Millis, unreachable } from "../common/types.ts";
import { addresseeOf } from "./addressee.ts";
import type { Group } from "./group.ts";
import type { Hub } from "./hub.ts";
import type { LinkNews } from "./link-surroundings.ts";

export function deliver(
  hub: Hub,
  group: Group | undefined,
  { from, message }: Extract<LinkNews, { kind: "message" }>,
  now: Millis,
  out: Outbox,
): void {
  if (!group) return;
  group.membership.heard(from, now);
  const addressed = addresseeOf(message);
  switch (addressed.machine) {
    case "membership":
      return group.membership.receive(from, addressed.message, now, out);
    case "gossip":
      return group.gossip.receive(from, addressed.message, now, out);
    case "tests":
      return hub.tests.receive(from, addressed.message, now, out);
    case "registry":
      return hub.registry.receive(from, addressed.message, now, out);
    case "links":
      return;
    default:
      return unreachable(addressed);
  }
}
