/** A dead hub is `failed` for every living member of its groups within the bound that the configuration implies. */
import type { HubId, Millis } from "../../../hub-core/common/types.ts";
import { detectionBound } from "../bounds.ts";
import { Violation } from "../failure.ts";
import type { Invariant } from "./invariant.ts";

interface Learned {
  readonly incarnation: number;
  readonly at: Millis;
}

/**
 * The time runs from when an observer learned of the dead hub's incarnation, if that is later than the death. One that started since, or
 * missed the last restart, knows nothing of it, and a claim that it failed does not say who it was. A hub that was frozen all the
 * while brings it along as alive when it thaws: only then has the newcomer someone to probe. It happens once per run and
 * incarnation: of what an observer has held for failed, no claim of the same incarnation makes it alive again (SWIM-4).
 */
export function deadIsDetected(): Invariant {
  const name = "dead-is-detected";
  /** By `observer/run group`, then by subject. */
  const learned = new Map<string, Map<HubId, Learned>>();
  return {
    name,
    onMembers: (observer, insight, world) => {
      for (const [group, { others }] of insight.groups) {
        const key = `${observer.id}/${observer.run} ${group}`;
        const known = learned.get(key) ?? new Map<HubId, Learned>();
        learned.set(key, known);
        for (const { hubId, incarnation } of others) {
          if ((known.get(hubId)?.incarnation ?? -1) < incarnation)
            known.set(hubId, { incarnation, at: world.clock.now });
        }
      }
    },
    onSample: (observer, insight, world) => {
      const bound = detectionBound(observer.config);
      for (const [group, { others }] of insight.groups) {
        const known = learned.get(`${observer.id}/${observer.run} ${group}`);
        for (const member of others) {
          if (member.state === "failed" || member.state === "left") continue;
          const subject = world.hub(member.hubId);
          if (!subject?.death) continue;
          const learnedAt = known?.get(member.hubId)?.at ?? Number.NEGATIVE_INFINITY;
          const since = Math.max(subject.death.at, observer.calmSince, learnedAt);
          if (world.clock.now - since <= bound) continue;
          throw new Violation(
            name,
            `${subject.id} died (${subject.death.kind}) and is still ${member.state} for ${observer.id} after ${((world.clock.now - since) / 1_000).toFixed(1)} s; the bound is ${(bound / 1_000).toFixed(1)} s`,
          );
        }
      }
    },
  };
}
