/** Holds the invariants against the world: some after every step, the others hub by hub at sampled instants. */
import type { DurationMs } from "../../hub-core/common/types.ts";
import { FreshLogs } from "./invariants/fresh-logs.ts";
import type { Invariant } from "./invariants/index.ts";
import type { World } from "./world.ts";

/** Each hub is looked into once per this time. */
const ROUND_MS = 1_000;

export function inspect(world: World, invariants: readonly Invariant[], round: DurationMs = ROUND_MS): void {
  const everyStep = invariants.filter(({ afterStep }) => afterStep !== undefined);
  world.watchers.push((hub, event, effects, durable) => {
    for (const invariant of everyStep) invariant.afterStep?.({ hub, event, effects, durable }, world);
  });
  const sampled = invariants.filter(({ onSample }) => onSample !== undefined);
  const logs = new FreshLogs();
  let next = 0;
  const sample = (): void => {
    const hub = world.hubs[next % world.hubs.length];
    next += 1;
    const insight = hub && hub.frozenUntil <= world.clock.now ? world.inspect(hub) : null;
    if (hub && insight) {
      const fresh = logs.since(hub, insight);
      for (const invariant of sampled) invariant.onSample?.(hub, insight, world, fresh);
    }
    world.clock.after(round / world.hubs.length, sample);
  };
  world.clock.after(round, sample);
}
