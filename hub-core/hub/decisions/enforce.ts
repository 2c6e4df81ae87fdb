/** What follows for a hub from a region's removal: its hubs are no members any more, and no link to them stands. */
import type { Millis } from "../../common/types.ts";
import { isGone } from "../../wire/catalog.ts";
import type { StepEffects } from "../effects.ts";
import type { Hub } from "../hub.ts";

/** In every step: a hub of a removed region may speak up until the last of its peers has heard of the removal. */
export function followDecisions(hub: Hub, now: Millis, out: StepEffects): void {
  const changed = hub.decisions.review(hub.agreement.all(), now);
  const { removed } = hub.decisions;
  if (removed.size > 0)
    for (const { membership } of hub.groups) {
      for (const { identity, state } of membership.members()) {
        if (isGone(state) || !removed.has(identity.region) || identity.region === hub.self.region) continue;
        out.log("info", "region_removed", { region: identity.region, hub_id: identity.hubId });
        membership.expel(identity.hubId, now, out);
      }
    }
  if (changed) hub.agreement.catalogChanged(now, out);
}
