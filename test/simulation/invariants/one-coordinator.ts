/** A group has one coordinator in a term, and a hub is in the group above its own only in its parent's place. */
import type { GroupId, HubId } from "../../../hub-core/common/types.ts";
import { Violation } from "../failure.ts";
import type { Invariant } from "./invariant.ts";

export function oneCoordinator(): Invariant {
  const name = "one-coordinator";
  const seen = new Map<`${GroupId}/${number}`, HubId>();
  return {
    name,
    onSample: (hub, { coordinates }) => {
      for (const { group, term } of coordinates) {
        const first = seen.get(`${group}/${term}`) ?? hub.id;
        if (first !== hub.id)
          throw new Violation(name, `${first} and ${hub.id} both coordinate ${group} in term ${term}`);
        seen.set(`${group}/${term}`, hub.id);
      }
    },
  };
}
