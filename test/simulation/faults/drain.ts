/** What an operator does to a hub before working on it: no fault, but as much of a change. */
import type { Fault } from "./fault.ts";

const LONGEST_MS = 90_000;

export const drain: Fault = {
  name: "drain",
  strike: (theatre) => {
    const { world } = theatre;
    const hub = theatre.victim();
    if (!hub) return false;
    const heard = (mark: string) => () => world.marks.reach(mark);
    world.note(hub.id, "is drained");
    world.ask(hub, { kind: "drain" }, heard("workload:hub-drained"));
    const undrain = (): void => {
      // It may be dead just now: draining is stored, so it has to be told once it lives.
      if (hub.alive) world.ask(hub, { kind: "undrain" }, heard("workload:hub-undrained"));
      else world.clock.after(1_000, undrain);
    };
    theatre.endAfter(theatre.between(5_000, LONGEST_MS), undrain);
    return true;
  },
};
