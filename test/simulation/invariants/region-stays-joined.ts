/**
 * When a coordinator has been dead for as long as a failover may take, and nothing else is amiss, everyone who lives has every
 * log of the living, takes the living for alive and the dead for failed, and no cluster is left with the dead.
 */
import { type DurationMs, downGroupOf, type HubId, type Millis } from "../../../hub-core/common/types.ts";
import { failoverBound } from "../bounds.ts";
import { Violation } from "../failure.ts";
import type { Insight } from "../machine.ts";
import type { SimHub } from "../sim-hub.ts";
import type { World } from "../world.ts";
import type { Invariant } from "./invariant.ts";

const NAME = "region-stays-joined";
/** What was written this long ago must have arrived. */
const LAG_MS: DurationMs = 6_000;

export function regionStaysJoined(): Invariant {
  const startedAt = new Map<HubId, Millis>();
  const written: { readonly at: Millis; readonly logs: ReadonlyMap<HubId, number> }[] = [];
  return {
    name: NAME,
    afterStep: ({ hub, event }, world) => {
      if (event.kind === "start") startedAt.set(hub.id, world.clock.now);
    },
    onSample: (observer, insight, world) => {
      const { now } = world.clock;
      const bound = Math.max(...world.hubs.map(({ config }) => failoverBound(config)));
      const quiet = (since: Millis) => now - since > bound;
      const dead = world.hubs.filter((hub) => !hub.alive);
      const living = world.hubs.filter((hub) => hub.alive);
      remember(world, written);
      const atPeace =
        dead.some(({ identity }) => identity.tier !== "local") &&
        dead.every(({ death }) => death !== null && quiet(death.at)) &&
        living.every((hub) => quiet(hub.calmSince) && quiet(startedAt.get(hub.id) ?? now)) &&
        // The oldest version carries neither who coordinates what nor eventual state: behind it a stand-in is not told of, and a log
        // that has states stays open.
        living.every((hub) => hub.protocolVersion === null) &&
        canElect(world);
      if (!atPeace) return;
      world.marks.reach("failover:judged");
      const old = written[0];
      if (old && now - old.at >= LAG_MS) judgeLogs(observer, insight, living, old.logs);
      judgeHubs(observer, insight, living, dead);
    },
  };
}

function remember(world: World, written: { at: Millis; logs: ReadonlyMap<HubId, number> }[]): void {
  const { now } = world.clock;
  if (now - (written.at(-1)?.at ?? Number.NEGATIVE_INFINITY) < 1_000) return;
  const logs = world.hubs.map((hub) => [hub.id, world.inspect(hub)?.store.completeTo(hub.id) ?? 0] as const);
  written.push({ at: now, logs: new Map(logs) });
  while ((written[1]?.at ?? now) <= now - LAG_MS) written.shift();
}

/** More than half of every group lives. */
function canElect(world: World): boolean {
  return world.hubs
    .filter(({ identity }) => downGroupOf(identity) !== null)
    .map((parent) => world.hubs.filter((hub) => hub === parent || hub.identity.parent === parent.id))
    .every((group) => group.filter((hub) => hub.alive).length > group.length / 2);
}

function judgeLogs(
  observer: SimHub,
  { store }: Insight,
  living: readonly SimHub[],
  logs: ReadonlyMap<HubId, number>,
): void {
  for (const { id } of living) {
    const here = store.completeTo(id);
    const there = logs.get(id) ?? 0;
    if (here < there) throw new Violation(NAME, `${observer.id} has ${id} up to ${here}, written up to ${there}`);
  }
}

function judgeHubs(observer: SimHub, { catalog }: Insight, living: readonly SimHub[], dead: readonly SimHub[]): void {
  const states = [...living.map(({ id }) => [id, "alive"] as const), ...dead.map(({ id }) => [id, "failed"] as const)];
  for (const [id, state] of states) {
    const taken = catalog.hub(id)?.state ?? "unknown";
    if (taken !== state) throw new Violation(NAME, `${observer.id} takes ${id} for ${taken}, it is ${state}`);
  }
  for (const { identity } of dead) {
    if (identity.tier === "local" || catalog.coordinatorOf(identity.hubId) !== null) continue;
    throw new Violation(NAME, `for ${observer.id} nobody acts in place of ${identity.hubId}`);
  }
  const gone = new Set(dead.map(({ id }) => id));
  for (const { owner, record } of catalog.clusters()) {
    if (gone.has(owner)) throw new Violation(NAME, `${record.clusterId} is still ${owner}'s for ${observer.id}`);
  }
}
