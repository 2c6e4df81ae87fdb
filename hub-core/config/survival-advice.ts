/** What to do about a group that would not survive a loss that it could. */
import { inMillionths } from "../common/required-votes.ts";
import { GLOBAL_GROUP } from "../wire/log.ts";
import { type PlannedGroup, type RegionLoss, type Survival, survivalOf } from "./survival.ts";

/** More hubs than this are no advice. */
const MOST_ADDED = 6;

/** A line for each loss that would stop a group's writes, and what would change that. `threshold` as files write it, 0…1. */
export function survivalWarnings(group: PlannedGroup, threshold: number): string[] {
  const survival = survivalOf(group.id, group.members, inMillionths(threshold));
  const lines = survival.atRisk.map((loss) => {
    const advice = remedies(group, threshold, (then) => !then.atRisk.some(({ region }) => region === loss.region));
    return `${lossLine(survival, loss)}: ${advice}`;
  });
  if (survival.members.length === 1 || survival.mayLose > 0) return lines;
  const advice = remedies(group, threshold, ({ mayLose }) => mayLose > 0);
  const all = `all ${survival.voters.length} votes are needed, so the loss of any one voter stops writes`;
  return [...lines, `group ${group.id}: ${all}: ${advice}`];
}

function lossLine({ group, voters, requiredVotes }: Survival, { region, voters: lost, left }: RegionLoss): string {
  const without = `without region ${region} (${lost.join(", ")})`;
  return `group ${group}: ${without} ${left} of ${voters.length} votes are left and ${requiredVotes} are needed, so writes stop`;
}

function remedies(group: PlannedGroup, threshold: number, good: (then: Survival) => boolean): string {
  const lower = highestThreshold(group, threshold, good);
  const more = fewestHubs(group, threshold, good);
  const ways = [
    ...(lower === null ? [] : [`set consensus.threshold to ${lower} or less`]),
    ...(more === null ? [] : [`add ${addition(group, more)}`]),
  ];
  // A majority is needed whatever the threshold says, so that more hubs alone or a lower threshold alone may not do.
  return ways.length > 0 ? ways.join(", or ") : "lower consensus.threshold and add hubs in further regions";
}

/** In hundredths, below the present one; null when none would do. */
function highestThreshold(group: PlannedGroup, threshold: number, good: (then: Survival) => boolean): number | null {
  for (let hundredths = Math.ceil(100 * threshold) - 1; hundredths > 0; hundredths--) {
    if (good(survivalOf(group.id, group.members, 10_000 * hundredths))) return hundredths / 100;
  }
  return null;
}

function fewestHubs(group: PlannedGroup, threshold: number, good: (then: Survival) => boolean): number | null {
  for (let more = 1; more <= MOST_ADDED; more++) {
    const added = Array.from({ length: more }, (_, index) => ({
      // Ids of the files begin with a letter or a digit, so these are nobody's.
      hubId: `~${index}`,
      region: isGlobal(group) ? `~${index}` : (group.members[0]?.region ?? ""),
      isParent: false,
      alive: true,
    }));
    if (good(survivalOf(group.id, [...group.members, ...added], inMillionths(threshold)))) return more;
  }
  return null;
}

function isGlobal({ id }: PlannedGroup): boolean {
  return id === GLOBAL_GROUP;
}

function addition(group: PlannedGroup, more: number): string {
  if (isGlobal(group)) return more === 1 ? "one more region" : `${more} more regions`;
  return more === 1 ? "one more local hub" : `${more} more local hubs`;
}
