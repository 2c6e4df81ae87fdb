/** What follows for a hub from a region's removal: its hubs are no members any more, and no link to them stands. */
import type { HubIdentity, Millis } from "../../common/types.ts";
import { isGone } from "../../wire/catalog.ts";
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
