/** What follows for a hub from a region's removal: its hubs are no members any more, and no link to them stands. */
import type { HubId, HubIdentity, Millis } from "../../common/types.ts";
import { isGone } from "../../wire/catalog.ts";
import { GLOBAL_GROUP } from "../../wire/log.ts";
import type { StepEffects } from "../effects.ts";
import type { Hub } from "../hub.ts";

/** In every step: a hub of a removed region may speak up until the last of its peers has heard of the removal. */
export function followDecisions(hub: Hub, now: Millis, out: StepEffects): void {
  const changed = hub.decisions.review(hub.agreement.all(), now);
  if (hub.decisions.removed.size > 0) expelRemoved(hub, now, out);
  if (changed) hub.agreement.catalogChanged(now, out);
}

function expelRemoved(hub: Hub, now: Millis, out: StepEffects): void {
  const { removed } = hub.decisions;
  const isRemoved = ({ region }: HubIdentity): boolean => region !== hub.self.region && removed.has(region);
  for (const { membership } of hub.groups) {
    for (const { identity, state } of membership.members()) {
      if (isGone(state) || !isRemoved(identity)) continue;
      out.log("info", "region_removed", { region: identity.region, hub_id: identity.hubId });
      membership.expel(identity.hubId, now, out);
    }
  }
  hub.partFrom(isRemoved, out);
}

/** A peer says that it shares no group with this hub, which knows better: unless its own region was removed meanwhile. */
export function turnedAway(hub: Hub, peer: HubId): void {
  if (isGlobalElsewhere(hub, peer)) hub.decisions.turnedAway = true;
}

/** Who wants nothing to do with this hub says nothing on a link but who it is. */
export function spokenTo(hub: Hub, peer: HubId): void {
  if (hub.decisions.turnedAway && isGlobalElsewhere(hub, peer)) hub.decisions.turnedAway = false;
}

function isGlobalElsewhere(hub: Hub, peer: HubId): boolean {
  const found = hub.find(peer);
  return found !== undefined && found.region !== hub.self.region && hub.groupFor(found)?.id === GLOBAL_GROUP;
}
