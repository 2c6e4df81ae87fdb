/** Holds the invariants against the world: after every step what the step touched, and hub by hub what time alone can break. */
import type { DurationMs, HubId } from "../../hub-core/common/types.ts";
import type { Invariant } from "./invariants/index.ts";
import type { Insight, Versions } from "./machine.ts";
import type { SimHub } from "./sim-hub.ts";
import type { World } from "./world.ts";

/** Each hub is looked into once per this time. */
const ROUND_MS = 1_000;

interface Seen extends Versions {
  readonly run: number;
}

const NOTHING: Versions = { logs: 0, members: 0 };

export function inspect(world: World, invariants: readonly Invariant[], round: DurationMs = ROUND_MS): void {
  const everyStep = invariants.filter(({ afterStep }) => afterStep !== undefined);
  const seen = new Map<HubId, Seen>();
  world.watchers.push((hub, event, effects, durable) => {
    for (const invariant of everyStep) invariant.afterStep?.({ hub, event, effects, durable }, world);
    const versions = world.versions(hub);
    if (!versions) return;
    const last = seen.get(hub.id);
    const before = last?.run === hub.run ? last : NOTHING;
    if (before.logs === versions.logs && before.members === versions.members) return;
    seen.set(hub.id, { ...versions, run: hub.run });
    const insight = world.inspect(hub);
    if (insight) judgeChange(hub, insight, world, invariants, before, versions);
  });
  const sampled = invariants.filter(({ onSample }) => onSample !== undefined);
  let next = 0;
  const sample = (): void => {
    const hub = world.hubs[next % world.hubs.length];
    next += 1;
    const insight = hub && hub.frozenUntil <= world.clock.now ? world.inspect(hub) : null;
    if (hub && insight) for (const invariant of sampled) invariant.onSample?.(hub, insight, world);
    world.clock.after(round / world.hubs.length, sample);
  };
  world.clock.after(round, sample);
}

function judgeChange(
  hub: SimHub,
  insight: Insight,
  world: World,
  invariants: readonly Invariant[],
  before: Versions,
  { logs, members }: Versions,
): void {
  if (logs !== before.logs) {
    const changed = insight.logsChangedSince(before.logs) ?? [...insight.store.vector().keys()];
    for (const invariant of invariants) invariant.onLogs?.(hub, insight, world, changed);
  }
  if (members !== before.members) for (const invariant of invariants) invariant.onMembers?.(hub, insight, world);
}
