import { type DurationMs, downGroupOf, type GroupId, upGroupOf } from "../../../hub-core/common/types.ts";
import type { SimHub } from "../sim-hub.ts";
import type { World } from "../world.ts";

/**
 * Whether the others of a group have to take the hub for a member: by its own place, or once it has stood in for its parent for
 * longer than `grace`.
 */
export function belongs(world: World, hub: SimHub, group: GroupId, grace: DurationMs): boolean {
  if (group === upGroupOf(hub.identity) || group === downGroupOf(hub.identity)) return true;
  const insight = world.inspect(hub);
  const since = insight?.coordinates[0]?.since ?? Number.POSITIVE_INFINITY;
  return insight?.groups.has(group) === true && world.hubNow(hub) - since > grace;
}
