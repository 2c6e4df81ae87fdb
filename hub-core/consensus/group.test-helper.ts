/** A group on stage that has its log already: every hub with one configuration entry, or as `terms` says. */
import type { HubId } from "../common/types.ts";
import { diskWith, votersOf } from "./consensus.test-helper.ts";
import { freshState } from "./group-state.test-helper.ts";
import { Stage, type StageOptions } from "./stage.test-helper.ts";

export interface GroupOptions extends Partial<Omit<StageOptions, "hubs">> {
  readonly terms?: Record<HubId, readonly number[]>;
}

export function groupOf(hubs: readonly HubId[], { terms, ...options }: GroupOptions = {}): Stage {
  const configuration = votersOf(hubs, { threshold: Math.round((options.threshold ?? 0.5) * 1_000_000) });
  const data = freshState().encode();
  const disks = Object.fromEntries(
    hubs.map((id) => [id, diskWith({ configuration, terms: terms?.[id] ?? [1], data })]),
  );
  return new Stage({ hubs, disks, ...options });
}

/** One leads, and all that are up have committed what it has. */
export function isSettled(stage: Stage): boolean {
  const leader = stage.leaders.at(-1);
  if (leader === undefined) return false;
  const { log } = stage.of(leader).raft.state;
  return [...stage.players.values()].every(
    ({ consensus }) => !consensus || consensus.replication.applied === log.lastIndex,
  );
}

/** Started, elected and at rest; the story begins after. */
export function settledGroup(
  hubs: readonly HubId[],
  options: GroupOptions = {},
): { stage: Stage; leader: HubId; others: HubId[] } {
  const stage = groupOf(hubs, options);
  stage.start();
  if (!stage.runUntil(() => isSettled(stage))) throw new Error("it never settled");
  stage.run(50);
  stage.lines.length = 0;
  const [leader = ""] = stage.leaders;
  return { stage, leader, others: hubs.filter((id) => id !== leader) };
}
