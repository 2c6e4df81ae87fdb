/** In one run of a hub, what it knows of an origin only grows: no key goes back to an older number, no vector entry falls. */
import { Violation } from "../failure.ts";
import type { Invariant } from "./invariant.ts";

const EVERYTHING = Number.MAX_SAFE_INTEGER;

export function noRegression(): Invariant {
  const name = "no-regression";
  interface Seen {
    readonly run: number;
    readonly vector: Map<string, number>;
    readonly newest: Map<string, number>;
  }
  const seenBy = new Map<string, Seen>();
  return {
    name,
    // Gaps of a hub that was away are given up for that time only.
    afterStep: ({ hub, effects }) => {
      for (const effect of effects) {
        if (effect.kind === "log" && effect.event === "gaps_asked_for_again")
          seenBy.get(hub.id)?.vector.delete(String(effect.fields.hub));
      }
    },
    onLogs: (hub, insight, _, changed) => {
      let seen = seenBy.get(hub.id);
      if (seen?.run !== hub.run) {
        seen = { run: hub.run, vector: new Map(), newest: new Map() };
        seenBy.set(hub.id, seen);
      }
      for (const origin of changed) {
        const upTo = insight.store.completeTo(origin);
        // A hub that lost its storage does not vouch for its own log until its peers have told it what there was.
        if (origin === hub.id && upTo === 0) continue;
        const before = seen.vector.get(origin) ?? 0;
        if (upTo < before) throw new Violation(name, `${hub.id} knew ${origin} up to ${before}, now up to ${upTo}`);
        seen.vector.set(origin, upTo);
        for (const { key, seq } of insight.store.changesSince(origin, 0, EVERYTHING).rumors) {
          const id = `${origin}/${key}`;
          const was = seen.newest.get(id) ?? 0;
          if (seq < was) throw new Violation(name, `${hub.id} had ${id} at ${was}, now at ${seq}`);
          seen.newest.set(id, seq);
        }
      }
    },
  };
}
