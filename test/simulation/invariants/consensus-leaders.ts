/**
 * One leader in a term, elected by a majority of the voters that its log names, with all that was committed before it (Raft figure 3); and
 * it only appends.
 */
import type { GroupRecord } from "../consensus/group-record.ts";
import type { Groups } from "../consensus/groups.ts";
import { majority, shortOf } from "../consensus/quorums.ts";
import { nameOf, type StoredReplica } from "../consensus/stored-replica.ts";
import { Violation } from "../failure.ts";
import type { ReplicaView } from "../machine.ts";
import type { SimHub } from "../sim-hub.ts";
import { type Invariant, isForgotten } from "./invariant.ts";

export function consensusLeaders(groups: Groups): Invariant {
  /** By group and term. */
  const leaders = new Map<string, string>();
  /** The term in which a run of a hub leads a group. */
  const leading = new Map<string, number>();
  const judge = (hub: SimHub, view: ReplicaView, truncated: boolean): void => {
    const run = `${hub.id}/${hub.run}/${view.group}`;
    if (view.role !== "leader") return void leading.delete(run);
    if (truncated && leading.get(run) === view.term)
      throw new Violation("leader-appends-only", `${hub.id} leads ${view.group} and dropped entries of its own`);
    if (leading.get(run) === view.term) return;
    leading.set(run, view.term);
    const stored = groups.stored(hub, view.group);
    const group = groups.of(view.group);
    if (!stored || !group)
      throw new Violation("election-safety", `${hub.id} leads ${view.group}, and has stored nothing of it`);
    const term = `${view.group}/${view.term}`;
    const other = leaders.get(term);
    if (other !== undefined && other !== run)
      throw new Violation("election-safety", `${other} and ${run} both lead in term ${view.term}`);
    leaders.set(term, run);
    elected(hub, view.term, stored, group);
  };
  return {
    name: "consensus-leaders",
    afterStep: (step, world) => {
      if (isForgotten(step)) return;
      for (const view of world.replicas(step.hub)) {
        const truncated = step.durable.some((write) => write.table === "raft-truncate" && write.group === view.group);
        judge(step.hub, view, truncated);
      }
    },
  };
}

function elected(hub: SimHub, term: number, stored: StoredReplica, group: GroupRecord): void {
  const configuration = stored.configurationBefore(term);
  if (configuration) {
    const name = nameOf({ hubId: hub.id, replica: stored.replica });
    const voted = (hubId: string, replica: number): boolean =>
      nameOf(group.replica(hubId, replica)?.votes.get(term) ?? null) === name;
    const short = shortOf(configuration, majority, ({ hubId, replica }) => voted(hubId, replica));
    if (short)
      throw new Violation(
        "elected-by-majority",
        `${hub.id} leads ${group.id} in term ${term} by the votes of ${short}`,
      );
  } else if (term !== 1 || hub !== group.parent) {
    throw new Violation("elected-by-majority", `${hub.id} leads ${group.id} in term ${term}, and nobody could vote`);
  }
  const last = group.ledger.lastBefore(term);
  if (last > 0 && !stored.has(last, group.ledger.termAt(last) as number))
    throw new Violation(
      "leader-completeness",
      `${hub.id} leads ${group.id} in term ${term} without the committed entry ${last}`,
    );
}
