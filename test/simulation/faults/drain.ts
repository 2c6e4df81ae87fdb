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
    let answered = false;
    const undrain = (): void => {
      if (answered) return;
      // Draining is stored: a hub that is dead, or dies before it has answered, has to be told again.
      if (hub.alive)
        world.ask(hub, { kind: "undrain" }, () => {
          answered = true;
          world.marks.reach("workload:hub-undrained");
        });
      world.clock.after(1_000, undrain);
    };
    theatre.endAfter(theatre.between(5_000, LONGEST_MS), undrain);
    return true;
  },
};
