/**
 * Feeds events to a hub, one at a time, and carries out what comes back in the order that the contract demands:
 * everything durable first, then everything that others can see, then the timers.
 */
import type { Check, StoredWrite } from "../hub-core/common/outbox.ts";
import type { Reply } from "../hub-core/common/problem.ts";
import { type DurationMs, type HubIdentity, type Millis, unreachable } from "../hub-core/common/types.ts";
import type { Effect, HubEvent, LinkId } from "../hub-core/hub/contract.ts";
import type { Log } from "./logs/index.ts";

export interface Machine {
  step(event: HubEvent, now: Millis): Effect[];
}

/** The world as a hub's effects touch it. */
export interface World {
  now(): Millis;
  /** All of the writes or none; throws when it cannot. */
  persist(writes: readonly StoredWrite[]): void;
  send(link: LinkId, bytes: Uint8Array<ArrayBuffer>): void;
  openLink(peer: HubIdentity, timeoutMs: DurationMs): void;
  closeLink(link: LinkId, code: number, reason: string): void;
  setTimer(timer: string, at: Millis, token: number): void;
  /** After a batch of `setTimer`. */
  timersSet(): void;
  check(check: Check): void;
  reply(id: string, reply: Reply): void;
  readonly log: Log;
  /** The run cannot go on: memory may be ahead of storage. */
  crash(cause: unknown): void;
}

export class Runner {
  readonly #machine: Machine;
  readonly #world: World;
  readonly #events: HubEvent[] = [];
  #busy = false;
  #crashed = false;

  constructor(machine: Machine, world: World) {
    this.#machine = machine;
    this.#world = world;
  }

  /** Takes the event now, or, when an effect raised it, as soon as the present step is carried out. */
  feed(event: HubEvent): void {
    if (this.#crashed) return;
    this.#events.push(event);
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (let next = this.#events.shift(); next; next = this.#events.shift()) {
        this.#carryOut(this.#machine.step(next, this.#world.now()));
      }
    } catch (error) {
      this.#crashed = true;
      this.#world.crash(error);
    } finally {
      this.#busy = false;
    }
  }

  #carryOut(effects: readonly Effect[]): void {
    const writes = effects.flatMap((effect) => (effect.kind === "persist" ? [effect.write] : []));
    if (writes.length > 0) this.#world.persist(writes);
    let timers = false;
    for (const effect of effects) {
      if (effect.kind === "set-timer") {
        this.#world.setTimer(effect.timer, effect.at, effect.token);
        timers = true;
      } else {
        this.#perform(effect);
      }
    }
    if (timers) this.#world.timersSet();
  }

  #perform(effect: Exclude<Effect, { kind: "set-timer" }>): void {
    const world = this.#world;
    switch (effect.kind) {
      case "persist":
        return;
      case "send":
        return world.send(effect.link, effect.bytes);
      case "open-link":
        return world.openLink(effect.peer, effect.timeoutMs);
      case "close-link":
        return world.closeLink(effect.link, effect.code, effect.reason);
      case "check":
        return world.check(effect.check);
      case "reply":
        return world.reply(effect.id, effect.reply);
      case "log":
        return world.log(effect.level, effect.event, effect.fields);
      default:
        return unreachable(effect);
    }
  }
}
