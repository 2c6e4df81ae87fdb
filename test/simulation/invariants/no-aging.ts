/** In one run of a hub, a member it remembers never goes back to an older incarnation, nor rises from the dead without a newer one. */
import type { GroupId, HubId } from "../../../hub-core/common/types.ts";
import { Violation } from "../failure.ts";
import type { MemberView } from "../machine.ts";
import type { Invariant } from "./invariant.ts";

export function noAging(): Invariant {
  const name = "no-aging";
  /** By observer and run; by group; by member. */
  const remembered = new Map<string, Map<GroupId, Map<HubId, MemberView>>>();
  return {
    name,
    onMembers: (observer, { groups }) => {
      const key = `${observer.id}/${observer.run}`;
      const known = remembered.get(key) ?? new Map<GroupId, Map<HubId, MemberView>>();
      remembered.set(key, known);
      // A stand-in that has left the group above forgets who was there.
      for (const group of known.keys()) if (!groups.has(group)) known.delete(group);
      for (const [group, { others }] of groups) {
        const last = known.get(group) ?? new Map<HubId, MemberView>();
        known.set(group, last);
        for (const member of others) {
          const before = last.get(member.hubId);
          last.set(member.hubId, member);
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
