/**
 * Between two hubs that were at peace for long, nobody turns `failed` at all: not with up to a fifth of the frames lost, and not after
 * a pause within the tolerance.
 */
import { reunionBound } from "../bounds.ts";
import { Violation } from "../failure.ts";
import { belongs } from "./belongs.ts";
import type { Invariant } from "./invariant.ts";

export function noFalseAlarm(): Invariant {
  const name = "no-false-alarm";
  /** By `observer run/subject`: whether it was failed before the last change. */
  const failedBefore = new Map<string, boolean>();
  return {
    name,
    onMembers: (observer, insight, world) => {
      for (const [group, { others }] of insight.groups) {
        const grace = 2 * reunionBound(observer.config, others.length + 1);
        for (const member of others) {
          const key = `${observer.id}/${observer.run}/${member.hubId}`;
          const failed = member.state === "failed";
          const turned = failed && failedBefore.get(key) === false;
          failedBefore.set(key, failed);
          const subject = world.hub(member.hubId);
          if (!turned || !subject?.alive || !belongs(world, observer, subject, group, grace)) continue;
          const calm = world.clock.now - Math.max(observer.calmSince, subject.calmSince);
          if (calm > grace)
            throw new Violation(
              name,
              `${observer.id} failed ${subject.id} after ${(calm / 1_000).toFixed(1)} s of peace`,
            );
        }
      }
    },
  };
}
