/** Links stay within their limit after every step; queues are looked at in samples. */
import { Violation } from "../failure.ts";
import type { Usage } from "../machine.ts";
import type { SimHub } from "../sim-hub.ts";
import type { Invariant } from "./invariant.ts";

const NAME = "within-limits";

export function withinLimits(): Invariant {
  return {
    name: NAME,
    afterStep: ({ hub }, world) => judge(hub, world.usage(hub)),
    onSample: (hub, { queues }) => judge(hub, queues()),
  };
}

function judge(hub: SimHub, usage: readonly Usage[]): void {
  for (const { name, used, max } of usage) {
    if (used > max) throw new Violation(NAME, `${hub.id} has ${used} ${name}, the limit is ${max}`);
  }
}
