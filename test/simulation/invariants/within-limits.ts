/** Links, queues, caches and tables stay within their configured limits, after every step. */
import { Violation } from "../failure.ts";
import type { Invariant } from "./invariant.ts";

export function withinLimits(): Invariant {
  const name = "within-limits";
  return {
    name,
    afterStep: ({ hub }, world) => {
      for (const { name: what, used, max } of world.usage(hub)) {
        if (used > max) throw new Violation(name, `${hub.id} has ${used} ${what}, the limit is ${max}`);
      }
    },
  };
}
