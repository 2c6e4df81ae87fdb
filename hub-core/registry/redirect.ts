/** A write that another hub has to answer: the edge sends it on. */
import type { HubView } from "../common/catalog-view.ts";
import { type Reply, refused } from "../common/problem.ts";
import type { HubId } from "../common/types.ts";

export function redirect(hub: HubView): Reply {
  const detail = `Ask ${hub.hubId}, which owns the cluster or is the nearest hub with room.`;
  return refused(421, "redirect", detail, { hub_id: hub.hubId, region: hub.region });
}

/** The hub that the reply leads to; null when it is no redirect. */
export function redirectedTo(reply: Reply): HubId | null {
  if (reply.ok || reply.problem.code !== "redirect") return null;
  const to = reply.problem.extra?.hub_id;
  return typeof to === "string" ? to : null;
}
