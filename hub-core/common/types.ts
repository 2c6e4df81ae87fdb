/** The words every machine shares. Times are milliseconds; `Millis` is a point in time, `DurationMs` a span. */

export type Millis = number;
export type DurationMs = number;

export type HubId = string;
/** A group is named by its parent: `global`, or the region of the regional hub. */
export type GroupId = string;
export type RegionId = string;
export type ClusterId = string;

/** Clusters that name no namespace, and questions that name none, meet here. */
export const DEFAULT_NAMESPACE = "default";

export type Tier = "global" | "regional" | "local";
export const TIERS = ["global", "regional", "local"] as const satisfies readonly Tier[];

/** Degrees, WGS 84. */
export interface Coordinates {
  readonly latitude: number;
  readonly longitude: number;
}

/** JSON as users gave it. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** What never changes about a hub while it lives, and what others need to find it. */
export interface HubIdentity {
  readonly hubId: HubId;
  readonly tier: Tier;
  readonly region: RegionId;
  readonly coordinates: Coordinates;
  /** The configured parent; null for the global hub. */
  readonly parent: HubId | null;
  /** Base URL under which `/peer/{hub_id}` is reached. */
  readonly address: string;
}

/** The group a hub leads as parent: every hub but a local one has it. */
export function downGroupOf(hub: Pick<HubIdentity, "tier" | "region">): GroupId | null {
  switch (hub.tier) {
    case "global":
      return "global";
    case "regional":
      return hub.region;
    case "local":
      return null;
    default:
      return unreachable(hub.tier);
  }
}

/** The group a hub is a child in: every hub but the global one has it. */
export function upGroupOf(hub: Pick<HubIdentity, "tier" | "region">): GroupId | null {
  switch (hub.tier) {
    case "global":
      return null;
    case "regional":
      return "global";
    case "local":
      return hub.region;
    default:
      return unreachable(hub.tier);
  }
}

/** Whether the hub is in the group by its own place. */
export function belongsTo(group: GroupId, hub: Pick<HubIdentity, "tier" | "region">): boolean {
  return group === upGroupOf(hub) || group === downGroupOf(hub);
}

/** Closes a `switch` over a union: a new member becomes a type error here. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${String(value)}`);
}

/** A broken invariant names itself. Never for bad input: that is a value. */
export function invariant(condition: boolean, name: string): asserts condition {
  if (!condition) throw new Error(`invariant broken: ${name}`);
}
