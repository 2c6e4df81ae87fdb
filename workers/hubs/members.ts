/** Which hubs are a group's, as far as an edge can tell, and in which order it asks them. */
import type { Deployment } from "../../durable-objects/deployment/index.ts";
import { greatCircleKm } from "../../hub-core/common/great-circle.ts";
import { type Reply, refused } from "../../hub-core/common/problem.ts";
import {
  downGroupOf,
  type GroupId,
  type HubId,
  type RegionId,
  type Tier,
  upGroupOf,
} from "../../hub-core/common/types.ts";
import { GLOBAL_GROUP } from "../../hub-core/wire/log.ts";
import type { Hubs } from "./hubs.ts";

interface KnownHub {
  readonly hub_id: HubId;
  readonly tier: Tier;
  readonly region: RegionId;
  readonly state: string;
}

/** `failure`: why nobody here could say. */
interface Heard {
  readonly known: readonly KnownHub[];
  readonly failure: Reply | null;
}

/** Regional hubs are in two groups, and know most. */
const RANK: Readonly<Record<Tier, number>> = { regional: 0, global: 1, local: 2 };

/**
 * Those that live here, then the others that the federation names, the nearest first, then those that the hubs here have heard of
 * and that are not known to be gone: hubs join later, and a hub that runs alone is named by nobody.
 */
export async function* membersOf(group: GroupId, deployment: Deployment, hubs: Hubs): AsyncGenerator<HubId> {
  const named = namedMembers(group, deployment);
  yield* named;
  const { known } = await knownHubs(hubs);
  for (const hub of known) {
    if (isMember(hub, group) && !isGone(hub) && !named.includes(hub.hub_id)) yield hub.hub_id;
  }
}

/** Those of them that live here. */
export function hostedMembers(group: GroupId, deployment: Deployment): HubId[] {
  return namedMembers(group, deployment).filter((hub) => deployment.hosted.includes(hub));
}

/** The hubs that live here, those of two groups first. */
export function broadestFirst({ federation, hosted }: Deployment): HubId[] {
  return federation.hubs
    .filter(({ id }) => hosted.includes(id))
    .sort((a, b) => RANK[a.tier] - RANK[b.tier] || (a.id < b.id ? -1 : 1))
    .map(({ id }) => id);
}

/** Living hubs elsewhere that between them know what every group agrees on. */
export async function spokesmenElsewhere({ hosted }: Deployment, hubs: Hubs): Promise<HubId[]> {
  const { known } = await knownHubs(hubs);
  return known
    .filter((hub) => hub.tier !== "local" && !hosted.includes(hub.hub_id) && !isGone(hub))
    .map(({ hub_id }) => hub_id);
}

/** For a group that nobody is known to be a member of. */
export async function groupUnknown(group: GroupId, { federation }: Deployment, hubs: Hubs): Promise<Reply> {
  const { known, failure } = await knownHubs(hubs);
  if (failure) return failure;
  const regions = new Set([...federation.hubs, ...known].map(({ region }) => region));
  const groups = [GLOBAL_GROUP, ...[...regions].sort()];
  return refused(404, "group_unknown", `no hub is known in a group named ${group}; groups: ${groups.join(", ")}`, {
    groups,
  });
}

function namedMembers(group: GroupId, { federation, hosted, region }: Deployment): HubId[] {
  return federation.hubs
    .filter((hub) => isMember(hub, group))
    .map(({ id, tier, coordinates }) => ({
      id,
      tier,
      km: hosted.includes(id) ? -1 : greatCircleKm(coordinates, region.coordinates),
    }))
    .sort((a, b) => a.km - b.km || RANK[a.tier] - RANK[b.tier] || (a.id < b.id ? -1 : 1))
    .map(({ id }) => id);
}

function isMember(hub: { readonly tier: Tier; readonly region: RegionId }, group: GroupId): boolean {
  return downGroupOf(hub) === group || upGroupOf(hub) === group;
}

function isGone({ state }: KnownHub): boolean {
  return state === "failed" || state === "left";
}

async function knownHubs(hubs: Hubs): Promise<Heard> {
  const { reply } = await hubs.ask({ kind: "registry-status" });
  if (!reply.ok) return { known: [], failure: reply };
  return { known: (reply.value as { readonly hubs: readonly KnownHub[] }).hubs, failure: null };
}
