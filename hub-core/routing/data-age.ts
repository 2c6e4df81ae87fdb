/**
 * How old what is said of a cluster may be. While its owner is alive, and so is whoever tells this hub of it, what they say is
 * the present; else it is of when they fell silent. A region that hears of no other any more says so, and knows nothing newer of them. An owner that has just started repeats what it stored: that is as old as
 * its last change, until the cluster has had the time to be found otherwise.
 */
import type { CatalogView, ClusterView } from "../common/catalog-view.ts";
import type { DurationMs, HubId, HubIdentity, Millis } from "../common/types.ts";
import type { ClusterRecord, MemberState } from "../wire/catalog.ts";

/** First checks are spread over 2 s, and the second look at what did not answer comes a second after. */
const FIRST_LOOKS_MS: DurationMs = 3_000;

/** When what the view says of the cluster was last sure to be so; in the future for no clock. */
export function asOf(view: CatalogView, self: HubIdentity, cluster: ClusterView, now: Millis): Millis {
  const { owner, record } = cluster;
  const cutOffSince = cutOffFrom(view, self, owner) ?? Infinity;
  const heard = Math.min(now, cutOffSince, heardOf(view, self, owner, now) ?? record.updatedAt);
  const startedAt = view.hub(owner)?.record?.startedAt ?? 0;
  const stored = record.updatedAt < startedAt && now - startedAt < firstLooksMs(record);
  // Taken over from a hub that is gone, and not asked yet.
  return stored || !record.verified ? Math.min(heard, record.updatedAt) : heard;
}

/** Null when nothing is known of the hub itself. */
function heardOf(view: CatalogView, self: HubIdentity, owner: HubId, now: Millis): Millis | null {
  if (owner === self.hubId) return now;
  const hub = view.hub(owner);
  if (!hub) return null;
  if (!isAlive(hub.state)) return view.hubSince(owner);
  const isMate = hub.hubId === self.parent || hub.parent === self.hubId || hub.parent === self.parent;
  if (isMate) return now;
  const gateway = gatewayOf(view, self);
  // A local hub hears of the world by its gateway; the others hear of a local hub by its own, or by a sponsor that is well.
  const speaker =
    gateway !== self.hubId ? gateway : hub.parent && (view.coordinatorOf(hub.parent)?.hubId ?? hub.parent);
  const spokesman = speaker === null ? undefined : view.hub(speaker);
  if (!spokesman || isAlive(spokesman.state)) return now;
  return gateway !== self.hubId || spokesman.state === "suspect" ? view.hubSince(spokesman.hubId) : now;
}

/** By whom this hub hears of the world: a local one by the coordinator of its region, the others themselves. */
function gatewayOf(view: CatalogView, { tier, hubId, parent }: HubIdentity): HubId {
  if (tier !== "local" || parent === null) return hubId;
  return view.coordinatorOf(parent)?.hubId ?? parent;
}

/** Since when nothing new of this owner can have come, because the hub that brings what comes from beyond hears of nobody. */
function cutOffFrom(view: CatalogView, self: HubIdentity, owner: HubId): Millis | null {
  const gateway = gatewayOf(view, self);
  if (owner === gateway || owner === self.hubId) return null;
  const region = self.tier === "local" ? self.parent : self.hubId;
  const isNear = self.tier !== "global" && (owner === region || view.hub(owner)?.parent === region);
  return isNear ? null : (view.hub(gateway)?.record?.cutOffSince ?? null);
}

function isAlive(state: MemberState): boolean {
  return state === "alive" || state === "joining";
}

/** By then an owner that has started has told what it found, if it is other than what it had stored. */
function firstLooksMs({ healthCheck, ttlMs }: ClusterRecord): DurationMs {
  return healthCheck ? FIRST_LOOKS_MS + 2 * healthCheck.timeoutMs : (ttlMs ?? 0);
}
