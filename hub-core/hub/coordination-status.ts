/** Who coordinates this hub's groups, for `/api/status`. */
import type { HubId } from "../common/types.ts";
import type { Hub } from "./hub.ts";

export interface CoordinationStatus {
  /** Null while nobody is known to. */
  readonly coordinator: HubId | null;
  /** It stands in for the parent that the configuration names. */
  readonly acting: boolean;
  /** Of the election; null: by configuration alone. */
  readonly term: number | null;
  readonly since_at: string | null;
  readonly parent: HubId | null;
}

export function coordinationOf(hub: Hub): Record<string, CoordinationStatus> {
  const entries = hub.groups.map((group): [string, CoordinationStatus] => [
    group.id,
    statusOf(hub, group.parent, group.id),
  ]);
  return Object.fromEntries(entries);
}

/** As the group's own election says, where this hub takes part in it; else as the catalog says. */
function statusOf({ coordination, registry, self }: Hub, parent: HubId | null, group: string): CoordinationStatus {
  const elected = coordination.standing(group);
  if (elected) {
    const { leader, term, since, leaderlessSince } = elected;
    const coordinator = leaderlessSince === null ? leader : null;
    const acting = coordinator !== null && coordinator !== parent;
    return { coordinator, acting, term, since_at: new Date(since).toISOString(), parent };
  }
  const told = parent === null || parent === self.hubId ? null : registry.catalog.coordinatorOf(parent);
  const coordinator = told?.hubId ?? (parent === self.hubId ? parent : null);
  const since = told?.since ?? null;
  return {
    coordinator,
    acting: coordinator !== null && coordinator !== parent,
    term: told?.term || null,
    since_at: since === null ? null : new Date(since).toISOString(),
    parent,
  };
}
