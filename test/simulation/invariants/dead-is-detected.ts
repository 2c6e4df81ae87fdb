/** A dead hub is `failed` for every living member of its groups within the bound that the configuration implies. */
import { detectionBound } from "../bounds.ts";
import { Violation } from "../failure.ts";
import type { Invariant } from "./invariant.ts";

export function deadIsDetected(): Invariant {
  const name = "dead-is-detected";
  return {
    name,
    onSample: (observer, insight, world) => {
      const bound = detectionBound(observer.config);
      for (const { others } of insight.groups.values()) {
        for (const member of others) {
          if (member.state === "failed" || member.state === "left") continue;
          const subject = world.hub(member.hubId);
          if (!subject?.death) continue;
          const since = Math.max(subject.death.at, observer.calmSince);
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
