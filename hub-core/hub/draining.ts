/**
 * A hub that drains: it leads no group, takes no cluster and hands over those that it has, and goes on answering. It is stored
 * with the hub's own record, so that it lasts until it is taken back.
 */
import { answered, type Reply } from "../common/problem.ts";
import type { GroupId, HubId, Millis } from "../common/types.ts";
import type { StepEffects } from "./effects.ts";
import type { Hub } from "./hub.ts";

export interface DrainAnswer {
  readonly hub_id: HubId;
  readonly draining: boolean;
  /** Clusters that it still answers for. */
  readonly clusters: number;
  /** Groups that it still coordinates. */
  readonly coordinates: readonly GroupId[];
}

/** Asked again, it says how far it has come. */
export function setDraining(hub: Hub, draining: boolean, now: Millis, out: StepEffects): Reply<DrainAnswer> {
  if (hub.registry.draining !== draining) {
    hub.registry.setDraining(draining, now, out);
    out.notify({ kind: "draining-changed", draining });
    out.log("info", draining ? "hub_draining" : "hub_undrained", { clusters: hub.registry.clustersOwned });
  }
  return answered({
    hub_id: hub.self.hubId,
    draining,
    clusters: hub.registry.clustersOwned,
    coordinates: hub.coordination.held(now).map(({ group }) => group),
  });
}
