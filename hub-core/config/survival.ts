/** What a group survives: how many hubs may go, and which region's loss leaves too few votes to write. */
import { chooseVoters, type Electable } from "../common/choose-voters.ts";
import { inMillionths, requiredVotes } from "../common/required-votes.ts";
import { downGroupOf, type GroupId, type HubId, type RegionId } from "../common/types.ts";
import { MAX_VOTERS } from "../wire/log.ts";
import type { FederationHub } from "./federation-file.ts";

export interface GroupMember extends Electable {
  /** Up, and able to vote. */
  readonly alive: boolean;
}

export interface RegionLoss {
  readonly region: RegionId;
  /** The voters that would go with it. */
  readonly voters: readonly HubId[];
  /** Votes that would be left. */
  readonly left: number;
}

export interface Survival {
  readonly group: GroupId;
  readonly members: readonly HubId[];
  readonly voters: readonly HubId[];
  readonly learners: readonly HubId[];
  readonly requiredVotes: number;
  /** Voters that are up. */
  readonly votes: number;
  /** So many of the voters that are up may go at once, whichever they are, and writes go on. */
  readonly mayLose: number;
  /** All in one region: they go with it, and nobody is left to miss them. */
  readonly inOneRegion: boolean;
  /** Regions whose loss alone leaves members that cannot write, as the file or the members name them. */
  readonly atRisk: readonly RegionLoss[];
}

/** `threshold` in millionths. `voters`: those that the group has settled on; else those that it would choose. */
export function survivalOf(
  group: GroupId,
  members: readonly GroupMember[],
  threshold: number,
  voters: readonly HubId[] = chooseVoters(members),
): Survival {
  const voting = new Set(voters);
  const up = members.filter(({ hubId, alive }) => alive && voting.has(hubId));
  const needed = requiredVotes(voters.length, threshold);
  const regions = [...new Set(members.map(({ region }) => region))];
  return {
    group,
    members: members.map(({ hubId }) => hubId),
    voters,
    learners: members.filter(({ hubId }) => !voting.has(hubId)).map(({ hubId }) => hubId),
    requiredVotes: needed,
    votes: up.length,
    mayLose: Math.max(0, up.length - needed),
    inOneRegion: regions.length === 1,
    atRisk: regions.length === 1 ? [] : regions.map((region) => lossOf(region, up)).filter(({ left }) => left < needed),
  };
}

function lossOf(region: RegionId, up: readonly GroupMember[]): RegionLoss {
  const voters = up.filter((member) => member.region === region).map(({ hubId }) => hubId);
  return { region, voters, left: up.length - voters.length };
}

type PlacedHub = Pick<FederationHub, "id" | "region" | "tier" | "parent">;

export interface PlannedGroup {
  readonly id: GroupId;
  /** All of them up, the parent first. */
  readonly members: readonly GroupMember[];
}

/** The groups that these hubs make up, in the order of their parents. */
export function plannedGroups(hubs: readonly PlacedHub[]): PlannedGroup[] {
  return hubs.flatMap((parent) => {
    const id = downGroupOf(parent);
    if (id === null) return [];
    const members = [parent, ...hubs.filter((hub) => hub.parent === parent.id)];
    return [
      {
        id,
        members: members.map(({ id: hubId, region }) => ({
          hubId,
          region,
          isParent: hubId === parent.id,
          alive: true,
        })),
      },
    ];
  });
}

export interface SizeSurvival {
  readonly voters: number;
  readonly requiredVotes: number;
  readonly mayLose: number;
}

/** Of groups of every size, where nobody knows yet who will be in them. `threshold` as files write it, 0…1. */
export function survivalBySize(threshold: number): SizeSurvival[] {
  return Array.from({ length: MAX_VOTERS }, (_, index) => {
    const voters = index + 1;
    const needed = requiredVotes(voters, inMillionths(threshold));
    return { voters, requiredVotes: needed, mayLose: voters - needed };
  });
}
