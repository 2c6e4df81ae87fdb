/** Who should be in a group's configuration, as the catalog and membership show its hubs. The leader follows it step by step. */
import { chooseVoters } from "../common/choose-voters.ts";
import { requiredVotes } from "../common/required-votes.ts";
import type { DurationMs, HubId, Millis, RegionId } from "../common/types.ts";
import { isGone, type MemberState } from "../wire/catalog.ts";
import { type Configuration, MAX_VOTERS, type Replica } from "../wire/log.ts";

/** A hub of the group, this one included. */
export interface RosterMember {
  readonly hubId: HubId;
  readonly region: RegionId;
  /** The configured coordinator of the group. */
  readonly isParent: boolean;
  /** As its hub record says; 0: not known. */
  readonly replica: number;
  /** Of the group's log that it has; 0: none; null: not known. */
  readonly lineage: number | null;
  readonly state: MemberState;
  readonly stateSince: Millis;
  readonly draining: boolean;
}

/** A voter that is gone for this long gives its vote to a learner, when there is one. */
export const REPLACE_AFTER_MS: DurationMs = 10_000;

export interface RosterView {
  readonly members: readonly RosterMember[];
  /** Does a learner have, nearly, what the leader has? */
  readonly caughtUp: (hubId: HubId) => boolean;
  readonly threshold: number;
  /** When this leader's term began: what membership has not told it by `REPLACE_AFTER_MS` later, it does not know. */
  readonly since: Millis;
  readonly now: Millis;
}

/**
 * The next configuration, or null when the present one is right. Newcomers learn first; a learner becomes a voter once
 * `caughtUp`. Nobody loses a vote for being away unless another takes it: a group never shrinks itself by a failure.
 */
export function nextConfiguration(present: Configuration, view: RosterView): Configuration | null {
  const byId = new Map(view.members.map((member) => [member.hubId, member]));
  const remaining = present.voters.filter((voter) => isStill(voter, byId.get(voter.hubId)));
  const seated = remaining.filter((voter) => !isAway(byId.get(voter.hubId), view));
  const rising = present.learners.filter(({ hubId, replica }) => {
    const member = byId.get(hubId);
    return member && isHere(member) && member.replica === replica && !member.draining && view.caughtUp(hubId);
  });
  const electable = [...seated, ...rising];
  const strangers = seated.filter(({ hubId }) => !byId.has(hubId));
  const chosen = new Set([
    ...chooseVoters(membersOf(electable, byId), MAX_VOTERS - strangers.length),
    ...strangers.map(({ hubId }) => hubId),
  ]);
  const voters = [
    ...electable.filter(({ hubId }) => chosen.has(hubId)),
    ...remaining.filter((voter) => !seated.includes(voter)),
  ]
    .slice(0, MAX_VOTERS)
    .sort(byHubId);
  if (voters.length === 0) return null;
  const voting = new Set(voters.map(({ hubId }) => hubId));
  const learners = view.members
    .filter((member) => isHere(member) && member.replica !== 0 && !voting.has(member.hubId))
    .map(({ hubId, replica }) => ({ hubId, replica }))
    .sort(byHubId);
  const { threshold } = view;
  const sameVoters = equal(voters, [...present.voters].sort(byHubId));
  const same = sameVoters && equal(learners, [...present.learners].sort(byHubId)) && threshold === present.threshold;
  return same ? null : { voters, outgoing: sameVoters ? null : present.voters, learners, threshold };
}

/**
 * When to look again, though no event tells: soon while a learner that is to vote catches up, then when a voter has been away
 * for long enough. Infinity: never.
 */
export function nextLook(present: Configuration, view: RosterView, soon: DurationMs): Millis {
  if (nextConfiguration(present, { ...view, caughtUp: () => true })) return view.now + soon;
  const times = present.voters.map(({ hubId }) =>
    awayAt(
      view.members.find((one) => one.hubId === hubId),
      view,
    ),
  );
  return times.reduce((next, at) => (at > view.now ? Math.min(next, at) : next), Number.POSITIVE_INFINITY);
}

/** The replica that it was, and not one that has left or has lost its storage since. */
function isStill({ replica }: Replica, member: RosterMember | undefined): boolean {
  if (!member) return true;
  return member.state !== "left" && (member.replica === replica || member.replica === 0);
}

function isHere({ state }: RosterMember): boolean {
  return !isGone(state);
}

function isAway(member: RosterMember | undefined, view: RosterView): boolean {
  return view.now >= awayAt(member, view);
}

/** From when on its vote may go to another. */
function awayAt(member: RosterMember | undefined, { since }: RosterView): Millis {
  if (!member) return since + REPLACE_AFTER_MS;
  return isHere(member) ? Number.POSITIVE_INFINITY : member.stateSince + REPLACE_AFTER_MS;
}

function membersOf(replicas: readonly Replica[], byId: ReadonlyMap<HubId, RosterMember>): RosterMember[] {
  return replicas.flatMap(({ hubId }) => byId.get(hubId) ?? []);
}

function equal(a: readonly Replica[], b: readonly Replica[]): boolean {
  return a.length === b.length && a.every(({ hubId, replica }, i) => b[i]?.hubId === hubId && b[i].replica === replica);
}

function byHubId(a: Replica, b: Replica): number {
  return a.hubId < b.hubId ? -1 : a.hubId > b.hubId ? 1 : 0;
}

/** How long a parent waits for hubs that it has not heard of before it founds the group with the others. */
export const FOUND_PATIENCE_MS: DurationMs = 3_000;

/**
 * A group begins once: at its parent, when enough of those that should be in it are there and say that they have no log of it. The voters
 * that it begins with, or null: not yet. `expected`: whom configuration names.
 */
export function foundingVoters(
  me: Replica,
  expected: readonly HubId[],
  members: readonly RosterMember[],
  threshold: number,
  waited: DurationMs,
): readonly Replica[] | null {
  const others = members.filter(({ hubId }) => hubId !== me.hubId);
  if (others.some(({ lineage }) => lineage !== null && lineage !== 0)) return null;
  const here = members.filter((one) => one.hubId === me.hubId || (one.lineage === 0 && isHere(one)));
  const heard = new Set(here.map(({ hubId }) => hubId));
  const isAll = expected.every((hubId) => heard.has(hubId));
  // What is acknowledged from the first moment on is to be on as many disks as if all had come.
  const enough = requiredVotes(Math.min(MAX_VOTERS, expected.length), threshold);
  if (!isAll && (waited < FOUND_PATIENCE_MS || heard.size < enough)) return null;
  const chosen = new Set(chooseVoters(here));
  return here
    .filter(({ hubId }) => chosen.has(hubId))
    .map(({ hubId, replica }) => (hubId === me.hubId ? me : { hubId, replica }))
    .sort(byHubId);
}
