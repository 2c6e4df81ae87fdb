import { type DurationMs, downGroupOf, type GroupId, upGroupOf } from "../../../hub-core/common/types.ts";
import type { SimHub } from "../sim-hub.ts";
import type { World } from "../world.ts";

/**
 * Whether `observer`, of the same group, has to take the hub for a member: by its own place, or once it has stood in for its parent for
 * longer than `grace`.
 */
export function belongs(world: World, observer: SimHub, hub: SimHub, group: GroupId, grace: DurationMs): boolean {
  if (group === upGroupOf(hub.identity) || group === downGroupOf(hub.identity)) return true;
  // Since version 2 a hub says in whose place it comes. Who speaks an older one meets no stand-in, and fails those that it is told of.
  if ([observer, hub].some(({ protocolVersion }) => protocolVersion !== null)) return false;
  const insight = world.inspect(hub);
  const since = insight?.coordinates[0]?.since ?? Number.POSITIVE_INFINITY;
  return insight?.groups.has(group) === true && world.hubNow(hub) - since > grace;
}
