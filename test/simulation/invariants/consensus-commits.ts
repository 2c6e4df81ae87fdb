/**
 * What a hub takes for committed is durable at as many voters as the configuration in force asks for, it is the same everywhere and for
 * ever, and the states that it builds are the same at the same index. A hub acts on no vote and no entry that is not stored.
 */

import { type Configuration, type Entry, MAX_VOTERS, type Replica } from "../../../hub-core/wire/log.ts";
import type { GroupRecord } from "../consensus/group-record.ts";
import type { Groups } from "../consensus/groups.ts";
import { commitVotes, shortOf } from "../consensus/quorums.ts";
import { nameOf, type StoredReplica } from "../consensus/stored-replica.ts";
import { Violation } from "../failure.ts";
import type { ReplicaView } from "../machine.ts";
import type { SimHub } from "../sim-hub.ts";
import { type Invariant, isForgotten } from "./invariant.ts";

interface Known {
  readonly run: number;
  readonly commit: number;
  readonly applied: number;
}

export function consensusCommits(groups: Groups): Invariant {
  const known = new Map<string, Known>();
  const hashes = new Map<string, { readonly hash: number; readonly hub: SimHub }>();
  const judgeState = (hub: SimHub, { group, applied, hash }: ReplicaView): void => {
    const at = `${group}/${applied}`;
    const other = hashes.get(at);
    if (!other) hashes.set(at, { hash, hub });
    else if (other.hash !== hash)
      throw new Violation(
        "state-machine-safety",
        `${hub.id} and ${other.hub.id} differ in ${group} after entry ${applied}`,
      );
  };
  return {
    name: "consensus-commits",
    afterStep: (step, world) => {
      groups.record(step.hub, step.durable);
      if (isForgotten(step)) return;
      for (const view of world.replicas(step.hub)) {
        if (view.lineage === 0) continue;
        const group = groups.of(view.group);
        const stored = groups.stored(step.hub, view.group);
        if (!group || !stored)
          throw new Violation("acts-on-what-is-stored", `${step.hub.id} has stored nothing of ${view.group}`);
        actsOnStored(step.hub, view, stored);
        const key = `${step.hub.id}/${view.group}`;
        const last = known.get(key);
        const before = last?.run === step.hub.run ? last : { run: step.hub.run, commit: 0, applied: 0 };
        if (before.commit === view.commit && before.applied === view.applied) continue;
        known.set(key, { run: step.hub.run, commit: view.commit, applied: view.applied });
        if (view.commit < before.commit || view.applied > view.commit || view.applied < before.applied)
          throw new Violation(
            "commit-grows",
            `${step.hub.id} applied ${view.applied}, committed ${before.commit} and then ${view.commit} of ${view.group}`,
          );
        committed(step.hub, view, before.commit, stored, group);
        judgeState(step.hub, view);
      }
    },
  };
}

function actsOnStored(hub: SimHub, view: ReplicaView, stored: StoredReplica): void {
  const { group, term, votedFor, lastIndex, configuration } = view;
  const { voters, learners } = stored.configuration ?? { voters: [], learners: [] };
  if (voters.length !== configuration.voters.length || learners.length !== configuration.learners.length)
    throw new Violation(
      "acts-on-what-is-stored",
      `${hub.id} has another configuration of ${group} in force than its log`,
    );
  if (term !== stored.term || nameOf(votedFor) !== nameOf(stored.votedFor) || lastIndex !== stored.lastIndex)
    throw new Violation(
      "acts-on-what-is-stored",
      `${hub.id} is in term ${term} with its vote for ${nameOf(votedFor)} and ${lastIndex} entries of ${group}; stored are ${stored.term}, ${nameOf(stored.votedFor)} and ${stored.lastIndex}`,
    );
}

/** All entries up to `view.commit` after `from`, against what others took for committed, and against storage. */
function committed(hub: SimHub, view: ReplicaView, from: number, stored: StoredReplica, group: GroupRecord): void {
  const { ledger } = group;
  const { commit } = view;
  const newest = ledger.length;
  for (let index = from + 1; index <= commit; index++) {
    const term = stored.termAt(index);
    if (index <= ledger.length) {
      if (term === undefined || term === ledger.termAt(index)) continue;
      throw new Violation(
        "log-agrees",
        `${hub.id} takes entry ${index} of term ${term} for committed in ${group.id}; that of term ${ledger.termAt(index)} was`,
      );
    }
    const entry = term === undefined ? undefined : group.entry(index, term)?.entry;
    if (!entry)
      throw new Violation(
        "committed-is-durable",
        `${hub.id} takes entry ${index} of ${group.id} for committed, which it never stored`,
      );
    if (index === 1) founded(entry, group);
    ledger.append(entry);
  }
  if (commit > newest) durable(hub, commit, group);
  // Only those of its own term are committed by counting (§5.4.2).
  if (view.role === "leader" && commit > from && ledger.termAt(commit) !== view.term)
    throw new Violation(
      "commits-its-own-term",
      `${hub.id} leads ${group.id} in term ${view.term} and committed entry ${commit} of term ${ledger.termAt(commit)}`,
    );
}

/** From the first commit on a group has as many voters as a commit takes of those that it was configured with. */
function founded({ body }: Entry, { id, members }: GroupRecord): void {
  const { voters, threshold } = body.kind === "configuration" ? body.configuration : { voters: [], threshold: 0 };
  const least = commitVotes(Math.min(MAX_VOTERS, members.length), threshold);
  if (voters.length < least)
    throw new Violation("founded-as-configured", `${id} begins with ${voters.length} voters, and is to have ${least}`);
}

/**
 * Raft counts by the newest configuration of a log, and the end of a joint one is appended as soon as that is committed. So what comes
 * after a joint configuration that both halves have may be counted by the new half alone: whoever is elected from then on has the joint
 * configuration in its log, and needs the votes of that half, too (thesis §4.3).
 */
function durable(hub: SimHub, index: number, { id, ledger, replicas }: GroupRecord): void {
  const { index: since, configuration } = ledger.configuredAt(index);
  const needed = (voters: number): number => commitVotes(voters, configuration.threshold);
  const lacking = (at: number, by: Configuration): string | null => {
    const term = ledger.termAt(at) as number;
    const has = (voter: Replica): boolean =>
      replicas.some((one) => one.hub.id === voter.hubId && one.replica === voter.replica && one.has(at, term));
    return shortOf(by, needed, has);
  };
  const left = since < index && lacking(since, configuration) === null;
  const short = lacking(index, left ? { ...configuration, outgoing: null } : configuration);
  if (short)
    throw new Violation(
      "committed-is-durable",
      `${hub.id} takes entry ${index} of ${id} for committed; it is stored by ${short}`,
    );
}
