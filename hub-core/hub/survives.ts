import { downGroupOf, type GroupId, type HubId, type RegionId } from "../common/types.ts";
import { survivalOf } from "../config/index.ts";
import { isGone } from "../wire/catalog.ts";
import type { Group } from "./group.ts";

export interface GroupSurvives {
  readonly group: GroupId;
  readonly voters: readonly HubId[];
  readonly required_votes: number;
  /** Voters that are up. */
  readonly votes: number;
  /** Of those, so many may go at once. */
  readonly may_lose: number;
  /** Null: all of the group are in one region, and go with it. */
  readonly regions_at_risk: readonly RegionId[] | null;
}

/** What a group survives as it is now. `threshold` in millionths; `voters` as its configuration has them, else as it would choose. */
export function survives(
  { id, membership }: Pick<Group, "id" | "membership">,
  threshold: number,
  voters?: readonly HubId[],
): GroupSurvives {
  const members = membership
    .members()
    .filter(({ state }) => state !== "left")
    .map(({ identity, state }) => ({
      hubId: identity.hubId,
      region: identity.region,
      isParent: downGroupOf(identity) === id,
      alive: !isGone(state),
    }));
  const survival = survivalOf(id, members, threshold, voters);
  return {
    group: id,
    voters: survival.voters,
    required_votes: survival.requiredVotes,
    votes: survival.votes,
    may_lose: survival.mayLose,
    regions_at_risk: survival.inOneRegion ? null : survival.atRisk.map(({ region }) => region),
  };
}
