/** Every start stores a higher incarnation than any before it, and none is ever taken back, while the storage lives. */
import { Violation } from "../failure.ts";
import type { Invariant } from "./invariant.ts";

export function incarnationGrows(): Invariant {
  const name = "incarnation-grows";
  const highest = new Map<string, number>();
  return {
    name,
    afterStep: ({ hub, event, durable }) => {
      if (durable.length === 0) return;
      const key = `${hub.id}/${hub.storage.epoch}`;
      let current = highest.get(key) ?? 0;
      const atStart = current;
      for (const write of durable) {
        if (write.table !== "identity") continue;
        if (write.value.incarnation < current)
          throw new Violation(name, `${hub.id} stored incarnation ${write.value.incarnation} after ${current}`);
        current = write.value.incarnation;
      }
      if (event.kind === "start" && current <= atStart)
        throw new Violation(name, `${hub.id} started again as incarnation ${current}`);
      highest.set(key, current);
    },
  };
}
