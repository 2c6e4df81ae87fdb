import { downGroupOf, type GroupId, upGroupOf } from "../../../hub-core/common/types.ts";
import type { SimHub } from "../sim-hub.ts";
import type { World } from "../world.ts";

/** Whether the others of a group have to take the hub for a member: by its own place, or while it stands in for its parent. */
export function belongs(world: World, { identity }: SimHub, group: GroupId): boolean {
  if (group === upGroupOf(identity) || group === downGroupOf(identity)) return true;
  const hub = world.hub(identity.hubId);
  const insight = hub && world.inspect(hub);
  return insight?.groups.has(group) === true && insight.coordinates.length > 0;
}
