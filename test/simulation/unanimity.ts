/** Whether each group is at rest: its parent leads, everyone follows, has all votes it should have, and has applied the same. */
import { MAX_VOTERS } from "../../hub-core/wire/log.ts";
import type { Standing } from "./consensus/ballot-box.ts";
import type { GroupRecord } from "./consensus/group-record.ts";
import type { Groups } from "./consensus/groups.ts";
import { Violation } from "./failure.ts";
import type { World } from "./world.ts";

/** The first thing that is not as it should be, in words, or null. */
export function restless(world: World, groups: Groups): string | null {
  for (const group of groups.all()) {
    const open = restlessIn(world, groups, group);
    if (open !== null) return `${group.id}: ${open}`;
  }
  return null;
}

function restlessIn(world: World, groups: Groups, group: GroupRecord): string | null {
  const { parent, members, ledger } = group;
  for (const hub of members) {
    const view = world.replicas(hub).find((one) => one.group === group.id);
    if (!view) return `${hub.id} is down`;
    if (view.leader !== parent.id) return `${hub.id} takes ${view.leader ?? "nobody"} for its leader, not ${parent.id}`;
    if ((view.role === "leader") !== (hub === parent)) return `${hub.id} is ${view.role}`;
    if (view.applied !== ledger.length || view.lastIndex !== ledger.length)
      return `${hub.id} has applied ${view.applied} of ${view.lastIndex} entries, committed are ${ledger.length}`;
    const { voters, outgoing, learners } = view.configuration;
    const numbers = new Map([...voters, ...learners].map((one) => [one.hubId, one.replica]));
    const here = groups.stored(hub, group.id);
    if (numbers.get(hub.id) !== here?.replica) return `${hub.id} is not the replica that its configuration names`;
    if (outgoing !== null || numbers.size !== members.length || voters.length !== Math.min(MAX_VOTERS, members.length))
      return `${hub.id} has ${voters.length} voters and ${learners.length} learners of ${members.length}`;
    // A learner is silent anyway: the leader's word that it will be may overtake its last one, on another way.
    if (!view.quiet && voters.some(({ hubId }) => hubId === hub.id)) return `${hub.id} is not silent`;
  }
  return null;
}

/** What every hub says of every proposal, against the count of its votes. */
export function countBallots(world: World, groups: Groups): void {
  for (const { id, members, ledger } of groups.all()) {
    for (const proposalId of ledger.ballots.ids) {
      for (const hub of members) {
        const told = world.proposal(hub, id, proposalId);
        if (told === undefined) throw new Violation("ballot-count", `${hub.id} does not know ${proposalId} of ${id}`);
        ledger.ballots.compare(told as Standing, hub.id);
      }
    }
  }
}
