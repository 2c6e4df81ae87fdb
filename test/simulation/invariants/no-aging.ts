/** In one run of a hub, a member it remembers never goes back to an older incarnation, nor rises from the dead without a newer one. */
import { Violation } from "../failure.ts";
import type { MemberView } from "../machine.ts";
import type { Invariant } from "./invariant.ts";

export function noAging(): Invariant {
  const name = "no-aging";
  const last = new Map<string, MemberView>();
  return {
    name,
    onMembers: (observer, { groups }) => {
      for (const [group, { others }] of groups) {
        for (const member of others) {
          const key = `${observer.id}/${observer.run}/${group}/${member.hubId}`;
          const before = last.get(key);
          last.set(key, member);
          if (!before) continue;
          const risen = isGone(before) && !isGone(member) && member.incarnation === before.incarnation;
          if (member.incarnation < before.incarnation || risen)
            throw new Violation(
              name,
              `${observer.id} took ${member.hubId} for ${words(before)}, now for ${words(member)}`,
            );
        }
      }
    },
  };
}

function isGone({ state }: MemberView): boolean {
  return state === "failed" || state === "left";
}

function words({ state, incarnation }: MemberView): string {
  return `${state} in incarnation ${incarnation}`;
}
