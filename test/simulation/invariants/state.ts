/** Of eventual state, at every hub and all the time: what was seen to go does not come back, and clocks stay together. */
import { Violation } from "../failure.ts";
import type { Invariant } from "./invariant.ts";

/** An element that a hub has had and has not any more was removed, and nobody adds it again. */
export function noReturn(): Invariant {
  const name = "state-no-return";
  /** By hub and run, then `key element`: whether it is there. */
  const seen = new Map<string, Map<string, boolean>>();
  return {
    name,
    onSample: (hub, { state }) => {
      const run = `${hub.id}/${hub.run}`;
      const known = seen.get(run) ?? new Map<string, boolean>();
      seen.set(run, known);
      const here = new Set<string>();
      for (const key of state.keys().filter((each) => each.startsWith("gone/"))) {
        for (const element of (state.read(key)?.value ?? []) as readonly string[]) here.add(`${key} ${element}`);
      }
      for (const element of here) {
        if (known.get(element) === false) throw new Violation(name, `${element} is back at ${hub.id}`);
        known.set(element, true);
      }
      for (const element of known.keys()) if (!here.has(element)) known.set(element, false);
    },
  };
}

/** No hub takes over a stamp that is farther ahead of its own clock than the bound. */
export function clockStaysNear(): Invariant {
  const name = "state-clock-stays-near";
  return {
    name,
    onSample: (hub, { state }, world) => {
      const { ms, max } = state.clockAhead(world.hubNow(hub));
      if (ms > max)
        throw new Violation(name, `the hybrid clock of ${hub.id} is ${ms} ms ahead of its own, at most ${max}`);
    },
  };
}
