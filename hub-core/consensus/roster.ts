/** Who should be in a group's configuration, as the catalog and membership show its hubs. The leader follows it step by step. */
import { chooseVoters } from "../common/choose-voters.ts";
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

/**
 * The next configuration, or null when the present one is right. Newcomers learn first; a learner becomes a voter once
 * `caughtUp`. Nobody loses a vote for being away unless another takes it: a group never shrinks itself by a failure.
 */
export function nextConfiguration(
  present: Configuration,
  members: readonly RosterMember[],
  caughtUp: (hubId: HubId) => boolean,
  threshold: number,
  now: Millis,
): Configuration | null {
  const byId = new Map(members.map((member) => [member.hubId, member]));
  const known = members.filter(({ replica, state }) => replica !== 0 && state !== "left");
  const here = known.filter(({ state }) => !isGone(state));
  const stays = ({ hubId, replica }: Replica): boolean => {
    const member = byId.get(hubId);
    return member === undefined || (member.state !== "left" && (member.replica === replica || member.replica === 0));
  };
  const away = ({ hubId }: Replica): boolean => {
    const member = byId.get(hubId);
    return member !== undefined && isGone(member.state) && now - member.stateSince >= REPLACE_AFTER_MS;
  };
  const isNow = (set: readonly Replica[], { hubId, replica }: Replica): boolean =>
    set.some((one) => one.hubId === hubId && one.replica === replica);

  const remaining = present.voters.filter(stays);
  const standing = new Set(remaining.filter((voter) => !away(voter)).map(({ hubId }) => hubId));
  const eligible = here.filter(
    (member) => standing.has(member.hubId) || (isNow(present.learners, member) && caughtUp(member.hubId)),
  );
  const chosen = new Set(chooseVoters(eligible.filter(({ draining, hubId }) => !draining || standing.has(hubId))));
  // Those away keep their vote while nobody takes it.
  const spare = remaining.filter(
    ({ hubId }) => !chosen.has(hubId) && (!byId.has(hubId) || isGone((byId.get(hubId) as RosterMember).state)),
  );
  const voters: Replica[] = [
    ...here.filter(({ hubId }) => chosen.has(hubId)).map(({ hubId, replica }) => ({ hubId, replica })),
    ...spare,
  ]
    .slice(0, MAX_VOTERS)
    .sort(byHubId);
  const voting = new Set(voters.map(({ hubId }) => hubId));
  const learners = here
    .filter(({ hubId }) => !voting.has(hubId))
    .map(({ hubId, replica }) => ({ hubId, replica }))
    .sort(byHubId);
  if (voters.length === 0) return null;
  const sameVoters = equal(voters, [...present.voters].sort(byHubId));
  const next = { voters, outgoing: sameVoters ? null : present.voters, learners, threshold };
  const same = sameVoters && equal(learners, [...present.learners].sort(byHubId)) && threshold === present.threshold;
  return same ? null : next;
}

function equal(a: readonly Replica[], b: readonly Replica[]): boolean {
  return a.length === b.length && a.every(({ hubId, replica }, i) => b[i]?.hubId === hubId && b[i].replica === replica);
}

function byHubId(a: Replica, b: Replica): number {
  return a.hubId < b.hubId ? -1 : a.hubId > b.hubId ? 1 : 0;
}

/** A group begins once: at its parent, when enough of those that should be in it say that they have no log of it. */
export function mayFound(
  self: HubId,
  expected: readonly HubId[],
  members: readonly RosterMember[],
  waited: DurationMs,
  patience: DurationMs,
): boolean {
  const others = members.filter(({ hubId }) => hubId !== self);
  if (others.some(({ lineage }) => lineage !== null && lineage !== 0)) return false;
  const without = new Set(others.filter(({ lineage }) => lineage === 0).map(({ hubId }) => hubId));
  const asked = expected.filter((hubId) => hubId !== self);
  const heard = asked.filter((hubId) => without.has(hubId)).length;
  if (heard === asked.length) return true;
  return waited >= patience && heard + 1 > (asked.length + 1) / 2;
}
