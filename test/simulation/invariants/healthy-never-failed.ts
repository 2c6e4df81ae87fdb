/**
 * A healthy, reachable hub is not `failed` for anyone healthy, but for the time it takes to come back from real trouble. Frozen, cut or dying
 * third parties are no excuse: one hub's opinion never removes another.
 */
import { reunionBound } from "../bounds.ts";
import { Violation } from "../failure.ts";
import { belongs } from "./belongs.ts";
import type { Invariant } from "./invariant.ts";

export function healthyNeverFailed(): Invariant {
  const name = "healthy-never-failed";
  return {
    name,
    onSample: (observer, insight, world) => {
      for (const [group, { others }] of insight.groups) {
        const grace = reunionBound(observer.config, others.length + 1);
        for (const member of others) {
          if (member.state !== "failed" && member.state !== "left") continue;
          const subject = world.hub(member.hubId);
          // One that stands in for its parent comes and goes.
          if (!subject?.alive || !belongs(world, observer, subject, group, grace)) continue;
          const calm = world.clock.now - Math.max(observer.calmSince, subject.calmSince);
          if (calm > grace) {
            const seconds = (calm / 1_000).toFixed(1);
            throw new Violation(
              name,
              `${subject.id} is ${member.state} for ${observer.id} in ${group}, though nothing troubled either for ${seconds} s`,
            );
          }
        }
      }
    },
  };
}
