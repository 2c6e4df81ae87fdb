/** A message of a peer, to the machine that it is for. */
import { type HubId, type Millis, unreachable } from "../common/types.ts";
import type { Message } from "../wire/messages.ts";
import { addresseeOf } from "./addressee.ts";
import type { StepEffects } from "./effects.ts";
import type { Group } from "./group.ts";
import type { Hub } from "./hub.ts";
import type { LinkNews } from "./link-surroundings.ts";

export function deliver(
  hub: Hub,
  group: Group | undefined,
  { from, message }: Extract<LinkNews, { kind: "message" }>,
  now: Millis,
  out: StepEffects,
): void {
  if (!group) return;
  const addressed = addresseeOf(message);
  if (addressed.machine !== "membership") group.membership.heard(from, now, out);
  switch (addressed.machine) {
    case "membership":
      return group.membership.receive(from, addressed.message, now, out);
    case "gossip":
      return group.gossip.receive(from, addressed.message, now, out);
    case "tests":
      return hub.tests.receive(from, addressed.message, now, out);
    case "registry":
      return hub.registry.receive(from, addressed.message, now, out);
    case "consensus":
      hub.agreement.relay.heard(from, now);
      return hub.agreement.receive(from, addressed.message, now, out);
    case "relay": {
      const inner = hub.agreement.relay.receive(from, addressed.message, now, out);
      if (inner) deliverRelayed(hub, inner.from, inner.message, now, out);
      return;
    }
    case "links":
      return;
    default:
      return unreachable(addressed);
  }
}

/** Only consensus goes by relay. */
function deliverRelayed(hub: Hub, from: HubId, message: Message, now: Millis, out: StepEffects): void {
  const addressed = addresseeOf(message);
  if (addressed.machine === "consensus") hub.agreement.receive(from, addressed.message, now, out);
}
