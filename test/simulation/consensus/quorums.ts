/** How many it takes, by a second, plain reading of the design: what the hubs compute is judged by it. */
import type { Configuration, Replica } from "../../../hub-core/wire/log.ts";

const MILLION = 1_000_000;

export function majority(voters: number): number {
  let votes = 0;
  while (2 * votes <= voters) votes += 1;
  return votes;
}

/** The least number that is a majority and at least the threshold's share. */
export function commitVotes(voters: number, millionths: number): number {
  let votes = majority(voters);
  while (votes < voters && votes * MILLION < voters * millionths) votes += 1;
  return votes;
}

/** The sets of voters that must each agree. */
export function halvesOf({ voters, outgoing }: Configuration): readonly (readonly Replica[])[] {
  return outgoing === null ? [voters] : [voters, outgoing];
}

/** A set of which fewer than it takes are so; null when all have enough. */
export function shortOf(
  configuration: Configuration,
  needed: (voters: number) => number,
  isSo: (voter: Replica) => boolean,
): string | null {
  for (const voters of halvesOf(configuration)) {
    const have = voters.filter(isSo).length;
    const need = needed(voters.length);
    if (have < need) return `${have} of ${voters.map(({ hubId }) => hubId).join(", ")}, where ${need} are needed`;
  }
  return null;
}
