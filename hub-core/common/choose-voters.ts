/** Who of a group votes, when not all may: the same answer on every hub. */
import { MAX_VOTERS } from "../wire/log.ts";
import type { HubId, RegionId } from "./types.ts";

export interface Electable {
  readonly hubId: HubId;
  readonly region: RegionId;
  readonly isParent: boolean;
}

interface Ranked extends Electable {
  /** How many of its region come before it. */
  readonly rank: number;
}

/**
 * The parent, then one hub of each region before a second of any, then by id: the loss of a region takes as few votes as can be.
 * The order of `members` says nothing. The voters come out in the order in which they were chosen.
 */
export function chooseVoters(members: readonly Electable[], max = MAX_VOTERS): HubId[] {
  return ranked(members)
    .sort((a, b) => parentFirst(a, b) || a.rank - b.rank || byId(a, b))
    .slice(0, max)
    .map(({ hubId }) => hubId);
}

function ranked(members: readonly Electable[]): Ranked[] {
  const seen = new Map<RegionId, number>();
  return [...members]
    .sort((a, b) => parentFirst(a, b) || byId(a, b))
    .map((member) => {
      const rank = seen.get(member.region) ?? 0;
      seen.set(member.region, rank + 1);
      return { ...member, rank };
    });
}

function parentFirst(a: Electable, b: Electable): number {
  return Number(b.isParent) - Number(a.isParent);
}

function byId(a: Electable, b: Electable): number {
  return a.hubId < b.hubId ? -1 : a.hubId > b.hubId ? 1 : 0;
}
