/**
 * Feeds one event to a hub and carries out what it answers, in the contract's order: all writes become durable together, then
 * frames, replies, dials, closings and checks leave, then timers are armed. A process may die between any two of these.
 */
import type { StoredWrite } from "../../hub-core/common/outbox.ts";
import { type Millis, unreachable } from "../../hub-core/common/types.ts";
import type { Effect, HubEvent } from "../../hub-core/hub/contract.ts";
import { Violation } from "./failure.ts";
import type { Marks } from "./marks.ts";
import type { SimHub } from "./sim-hub.ts";

export type Departure = Exclude<Effect, { kind: "persist" | "set-timer" | "log" }>;
type TimerEffect = Extract<Effect, { kind: "set-timer" }>;

const MAX_TIMERS_PER_INSTANT = 200;

/** The outside of a hub, as the runner reaches it. */
export interface Surroundings {
  /** The hub's own clock. */
  hubNow(hub: SimHub): Millis;
  depart(hub: SimHub, effect: Departure): void;
  arm(hub: SimHub, timer: TimerEffect): void;
  /** The process ends here and now, in the middle of what it was doing. */
  die(hub: SimHub): void;
  stepped(hub: SimHub, event: HubEvent, effects: readonly Effect[], writes: readonly StoredWrite[]): void;
}

export class Runner {
  readonly #around: Surroundings;
  readonly #marks: Marks;
  #steps = 0;

  constructor(around: Surroundings, marks: Marks) {
    this.#around = around;
    this.#marks = marks;
  }

  get steps(): number {
    return this.#steps;
  }

  step(hub: SimHub, event: HubEvent): void {
    if (!hub.machine) return;
    const now = Math.max(this.#around.hubNow(hub), hub.lastStepAt);
    this.#countTimers(hub, event, now);
    hub.lastStepAt = now;
    this.#steps += 1;
    const effects = hub.machine.step(event, now);
    const writes = effects.flatMap((effect) => (effect.kind === "persist" ? [effect.write] : []));
    for (const effect of effects) if (effect.kind === "log") this.#marks.reach(effect.event);
    const survived = this.#carryOut(hub, effects, writes);
    this.#around.stepped(hub, event, effects, survived || hub.crashPoint?.kind !== "before-persist" ? writes : []);
    if (!survived) {
      hub.crashPoint = null;
      this.#around.die(hub);
    }
  }

  /** A machine whose deadline never moves would ask for the same timer for ever. */
  #countTimers(hub: SimHub, event: HubEvent, now: Millis): void {
    if (now !== hub.lastStepAt) hub.timersThisInstant = 0;
    if (event.kind !== "timer") return;
    hub.timersThisInstant += 1;
    if (hub.timersThisInstant > MAX_TIMERS_PER_INSTANT)
      throw new Violation("no-busy-loop", `${hub.id} fired ${hub.timersThisInstant} timers within one millisecond`);
  }

  /** False when the process died on the way. */
  #carryOut(hub: SimHub, effects: readonly Effect[], writes: readonly StoredWrite[]): boolean {
    const point = hub.crashPoint;
    // A crash round a write needs a step that writes.
    const armed = point !== null && (writes.length > 0 || point.kind === "after-sends") ? point : null;
    if (armed?.kind === "before-persist") return this.#crash("crash-before-persist");
    const commitsBefore = hub.storage.commits;
    hub.storage.commit(writes);
    if (armed?.kind === "after-persist") return this.#crash("crash-after-persist");
    let left = 0;
    for (const effect of effects) {
      if (effect.kind === "persist" || effect.kind === "set-timer" || effect.kind === "log") continue;
      if (armed?.kind === "after-sends" && left === armed.sends) return this.#crash("crash-between-sends");
      if (writes.length > 0 && hub.storage.commits === commitsBefore)
        throw new Violation("persist-before-send", `${effect.kind} of ${hub.id} left before its writes were durable`);
      this.#around.depart(hub, effect);
      left += 1;
    }
    for (const effect of effects) if (effect.kind === "set-timer") this.#around.arm(hub, effect);
    return true;
  }

  #crash(mark: string): false {
    this.#marks.reach(mark);
    return false;
  }
}

/** What an event is about, for the trace. */
export function describeEvent(event: HubEvent): string | number {
  switch (event.kind) {
    case "start":
      return "";
    case "link-opened":
      return `${event.link} ${event.direction} ${event.peer}`;
    case "link-closed":
    case "frame":
      return event.link;
    case "dial-failed":
      return `${event.peer} ${event.reason}`;
    case "timer":
      return event.timer;
    case "checked":
      return `${event.clusterId} ${event.outcome.kind}`;
    case "introduce":
      return event.hubs.length;
    case "requests":
      return event.asked
        .map(({ request }) => ("clusterId" in request ? `${request.kind} ${request.clusterId}` : request.kind))
        .join();
    default:
      return unreachable(event);
  }
}

/** What a departing effect is about, for the trace. */
export function describeDeparture(effect: Departure): string | number {
  switch (effect.kind) {
    case "send":
      return effect.link;
    case "open-link":
      return effect.peer.hubId;
    case "close-link":
      return `${effect.link} ${effect.reason}`;
    case "check":
      return effect.check.clusterId;
    case "reply":
      return effect.reply.ok ? `${effect.id} ${effect.reply.status}` : `${effect.id} ${effect.reply.problem.code}`;
    default:
      return unreachable(effect);
  }
}
