/**
 * A leader that has long been out of reach of a majority of its voters leads no more: who asks it is told so, instead of waiting. And what
 * shows how a group fares, as marks.
 */
import type { DurationMs, Millis } from "../../../hub-core/common/types.ts";
import { detectionBound } from "../bounds.ts";
import { halvesOf, majority } from "../consensus/quorums.ts";
import { Violation } from "../failure.ts";
import type { SimHub } from "../sim-hub.ts";
import type { World } from "../world.ts";
import type { Invariant } from "./invariant.ts";

/** Some elections, and a look at the leader once a second. */
const MARGIN_MS: DurationMs = 10_000;
/** The most that an alarm may be late. */
const LATE_MS: DurationMs = 60_000;

export function consensusSupport(): Invariant {
  const name = "leads-with-a-majority";
  /** Since when a hub has been without a majority, by hub, run and group. */
  const alone = new Map<string, Millis>();
  return {
    name,
    onSample: (hub, _, world) => {
      if (world.relayed(hub) > 0) world.marks.reach("consensus:relayed");
      const reached = reachable(hub, world);
      for (const { group, role, configuration, quiet, term } of world.replicas(hub)) {
        if (quiet) world.marks.reach("consensus:silent");
        const key = `${hub.id}/${hub.run}/${group}/${term}`;
        const supported = halvesOf(configuration).every(
          (voters) => voters.filter(({ hubId }) => reached.has(hubId)).length >= majority(voters.length),
        );
        if (role !== "leader" || supported) {
          alone.delete(key);
          continue;
        }
        // Frozen, it could not know.
        const since = Math.max(alone.get(key) ?? world.clock.now, hub.frozenUntil);
        alone.set(key, since);
        const late = world.marks.count("fault:late-timers") > 0 ? LATE_MS : 0;
        const longest = detectionBound(hub.config) + MARGIN_MS + late;
        if (world.clock.now - since > longest)
          throw new Violation(
            name,
            `${hub.id} leads ${group}, and has been out of reach of a majority for ${((world.clock.now - since) / 1_000).toFixed(0)} s`,
          );
      }
    },
  };
}

/** By whatever way, this hub included. */
function reachable(hub: SimHub, world: World): ReadonlySet<string> {
  const reached = new Set([hub.id]);
  const { paths } = world.network;
  const edge = [hub];
  for (let from = edge.pop(); from; from = edge.pop()) {
    for (const to of world.hubs) {
      if (reached.has(to.id) || !to.alive || paths.isCut(from, to) || paths.isCut(to, from)) continue;
      reached.add(to.id);
      edge.push(to);
    }
  }
  return reached;
}
