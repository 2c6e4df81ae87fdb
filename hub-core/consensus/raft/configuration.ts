/** Who votes, and how many of them it takes. In a joint configuration both halves must agree (Raft §4.3). */
import { requiredVotes } from "../../common/required-votes.ts";
import type { HubId } from "../../common/types.ts";
import type { Configuration, Replica } from "../../wire/log.ts";

/** One set, or while the change is joint the two that must both agree. */
export function voterSets({ voters, outgoing }: Configuration): readonly (readonly Replica[])[] {
  return outgoing === null ? [voters] : [voters, outgoing];
}

/** Everyone the leader sends its log to, each once. */
export function replicasOf({ voters, outgoing, learners }: Configuration): Replica[] {
  const all = new Map<HubId, Replica>();
  for (const member of [...voters, ...(outgoing ?? []), ...learners]) {
    if (!all.has(member.hubId)) all.set(member.hubId, member);
  }
  return [...all.values()];
}

export function isVoter(configuration: Configuration, hubId: HubId, replica: number): boolean {
  return voterSets(configuration).some((set) => set.some((one) => one.hubId === hubId && one.replica === replica));
}

/** Elections, reads and leases take a majority of each set: it meets every commit quorum. */
export function isMajority(configuration: Configuration, has: (member: Replica) => boolean): boolean {
  return voterSets(configuration).every((set) => set.filter(has).length >= majorityOf(set.length));
}

/** A commit takes the threshold of each set. */
export function isCommitQuorum(configuration: Configuration, has: (member: Replica) => boolean): boolean {
  return voterSets(configuration).every(
    (set) => set.filter(has).length >= requiredVotes(set.length, configuration.threshold),
  );
}

/** The highest index that is stored by as many as a commit takes. */
export function storedByQuorum(configuration: Configuration, match: (member: Replica) => number): number {
  const each = voterSets(configuration).map((set) => {
    const matches = set.map(match).sort((a, b) => b - a);
    return matches[requiredVotes(set.length, configuration.threshold) - 1] ?? 0;
  });
  return Math.min(...each);
}

export interface QuorumView {
  readonly have: number;
  readonly need: number;
}

/** Of the set that is shortest of votes: how many are there, and how many a commit takes. */
export function quorumView(configuration: Configuration, has: (member: Replica) => boolean): QuorumView {
  const views = voterSets(configuration).map((set) => ({
    have: set.filter(has).length,
    need: requiredVotes(set.length, configuration.threshold),
  }));
  return views.reduce((worst, view) => (view.have - view.need < worst.have - worst.need ? view : worst));
}

export function majorityOf(voters: number): number {
  return Math.floor(voters / 2) + 1;
}
