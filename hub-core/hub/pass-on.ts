import type { Notice } from "../common/outbox.ts";
import type { Millis } from "../common/types.ts";
import type { StepEffects } from "./effects.ts";
import type { Hub } from "./hub.ts";

/** A rumor goes on in every group but the one it came from, whose gossip has passed it on already. */
export function passOn(
  hub: Hub,
  { rumor, from, hops }: Extract<Notice, { kind: "rumor-applied" }>,
  now: Millis,
  out: StepEffects,
): void {
  if (rumor.body.kind === "test") hub.tests.applied(rumor, from, hops, now, out);
  const cameBy = from === null ? undefined : hub.meeting.groupOfPeer(from);
  for (const group of hub.groups) {
    if (group === cameBy) continue;
    // The group's own view of the store: foreign records go down in routing form.
    const scoped = hub.registry.storeFor(group.id).get(rumor.origin, rumor.seq);
    if (scoped) group.gossip.publish(scoped, hops, null, now, out);
  }
}
