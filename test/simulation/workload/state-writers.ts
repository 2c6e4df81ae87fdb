/**
 * Users who write eventual state at any hub: counters, sets, registers, multi-values and maps, and whole keys removed.
 * An element of `gone/…` that was removed is never added again.
 */
import type { Reply } from "../../../hub-core/common/problem.ts";
import type { Random } from "../../../hub-core/common/random.ts";
import type { DurationMs } from "../../../hub-core/common/types.ts";
import type { EventualOp, EventualValue, EventualWrite } from "../../../hub-core/state/index.ts";
import { Violation } from "../failure.ts";
import type { SimHub } from "../sim-hub.ts";
import type { World } from "../world.ts";
import { placeOf, StateLedger } from "./state-ledger.ts";

/** After this a writer gives up waiting, and tries again with the same Idempotency-Key if it used one. */
const PATIENCE_MS: DurationMs = 5_000;
const TRIES = 4;
const AT_ONCE_MS: DurationMs = 1;
const LOOK_MS: DurationMs = 3_000;
const KEYS_OF_A_KIND = 3;
/** So many that one that is removed stays so for a while. */
const MANY_KEYS = 40;

export interface StateWriters {
  /** Nobody writes any more. */
  rest(): void;
  /** What is not as it was promised, or not the same at every hub; null when all is well. */
  complaint(): string | null;
}

export function writeState(world: World, perMinute: number): StateWriters {
  const writers = new Writers(world);
  const random = world.random("state");
  const again = (): void => {
    world.clock.after(random.jitter(60_000 / perMinute, 0.5), () => {
      if (!writers.resting) writers.act();
      again();
    });
  };
  if (perMinute > 0) again();
  // A hub that has just come back is asked at once, before it has heard much.
  world.watchers.push((hub, event) => {
    if (event.kind !== "start" || hub.run === 1 || perMinute === 0) return;
    const { run } = hub;
    world.clock.after(AT_ONCE_MS, () => {
      if (!writers.resting && hub.run === run && hub.alive) writers.hasten(hub);
    });
  });
  const look = (): void => {
    world.clock.after(LOOK_MS, () => {
      writers.look();
      look();
    });
  };
  if (perMinute > 0) look();
  return { rest: () => writers.rest(), complaint: () => writers.complaint() };
}

class Writers {
  resting = false;
  readonly #world: World;
  readonly #random: Random;
  readonly #ledger = new StateLedger();
  #written = 0;

  constructor(world: World) {
    this.#world = world;
    this.#random = world.random("state writers");
  }

  rest(): void {
    this.resting = true;
  }

  act(): void {
    const hub = this.#random.pick(this.#world.hubs.filter(({ alive }) => alive));
    if (!hub) return;
    this.#written += 1;
    const number = this.#random.below(KEYS_OF_A_KIND);
    const set =
      this.#random.pick([`set/${number}`, `gone/${number}`, `gone/${10 + this.#random.below(MANY_KEYS)}`]) ?? "";
    switch (this.#random.below(11)) {
      case 0:
      case 1:
      case 2:
        return this.#count(hub, `count/${number}`);
      case 3:
      case 4:
        return this.#add(hub, set, [`element-${this.#written}`, `element-${this.#written}-b`]);
      case 5:
        return this.#removeOne(hub, set);
      case 6:
        return this.#contest(hub, `set/${number}`);
      case 7:
        return this.#removeAll(hub);
      case 8:
        return this.#write(hub, `last/${number}`);
      case 9:
        return this.#writeAtOnce(`last/${number}`);
      default:
        return this.#other(hub, number);
    }
  }

  /** What is written before the hub knows what it, or anyone, wrote before. */
  hasten(hub: SimHub): void {
    this.#written += 1;
    const number = this.#random.below(KEYS_OF_A_KIND);
    this.#count(hub, `count/${number}`);
    this.#add(hub, `gone/${number}`, [`element-${this.#written}`]);
  }

  /** Which promises have reached everyone who lives. */
  look(): void {
    const states = this.#world.hubs.flatMap((hub) => this.#world.inspect(hub)?.state ?? []);
    for (const key of this.#ledger.keys) {
      const versions = new Set(states.map((state) => state.read(key)?.version));
      // Who reads nothing may have heard of a removal, or of nothing.
      if (versions.size === 1 && !versions.has(undefined)) this.#ledger.isEverywhere(key);
    }
  }

  complaint(): string | null {
    const [first, ...others] = this.#world.hubs;
    if (!first) return null;
    const reference = this.#live(first);
    for (const hub of [first, ...others]) {
      const state = this.#world.inspect(hub)?.state;
      if (!state) return `${hub.id} is down`;
      const wrong = this.#ledger.complaint((key) => state.read(key));
      if (wrong) return `at ${hub.id} ${wrong}`;
      const here = this.#live(hub);
      for (const key of new Set([...reference.keys(), ...here.keys()])) {
        if (here.get(key) !== reference.get(key))
          return `${key} is ${here.get(key) ?? "nothing"} at ${hub.id}, ${reference.get(key) ?? "nothing"} at ${first.id}`;
      }
    }
    return null;
  }

  #live(hub: SimHub): ReadonlyMap<string, string> {
    const state = this.#world.inspect(hub)?.state;
    return new Map(state?.keys().flatMap((key) => [[key, JSON.stringify(state.read(key))] as const]) ?? []);
  }

  #count(hub: SimHub, key: string): void {
    const by = this.#random.below(9) - 3;
    if (by === 0) return;
    const counted = this.#ledger.counting(key, by);
    const op: EventualOp = { type: "counter", op: by < 0 ? "decrement" : "increment", by: Math.abs(by) };
    const idempotencyKey = this.#random.below(2) === 0 ? `key-${this.#written}` : undefined;
    const { epoch } = hub.storage;
    const attempt = (): void =>
      this.#ask(hub, { kind: "state-eventual-put", key, op, idempotencyKey }, (reply) => {
        if (reply?.ok && hub.storage.epoch === epoch) counted.answered = placeOf(hub);
        if (reply === null && idempotencyKey !== undefined && counted.attempts < TRIES) {
          counted.attempts += 1;
          this.#world.marks.reach("workload:count-retried");
          attempt();
        }
      });
    attempt();
  }

  #add(hub: SimHub, key: string, values: readonly string[]): void {
    const elements = values.map((value) => this.#ledger.element(key, value));
    this.#put(hub, key, { type: "set", op: "add", values: [...values] }, (reply) => {
      if (reply?.ok) for (const element of elements) element.added = placeOf(hub);
    });
  }

  #removeOne(hub: SimHub, key: string): void {
    const value = this.#anyElement(hub, key);
    if (value === undefined) return;
    const element = this.#ledger.element(key, value);
    element.removals += 1;
    this.#put(hub, key, { type: "set", op: "remove", value }, (reply) => {
      if (reply?.ok) element.removed = placeOf(hub);
    });
  }

  /** One hub removes an element, and another adds it at the very same instant: the add wins. */
  #contest(hub: SimHub, key: string): void {
    const value = this.#anyElement(hub, key);
    const other = this.#random.pick(this.#world.hubs.filter((each) => each !== hub && this.#isPrompt(each)));
    if (value === undefined || !other || !this.#isPrompt(hub)) return;
    const element = this.#ledger.element(key, value);
    if (element.removals > 0) return;
    element.removals += 1;
    element.contested = true;
    const { removals } = element;
    this.#put(hub, key, { type: "set", op: "remove", value }, () => {});
    this.#put(other, key, { type: "set", op: "add", value }, (reply) => {
      if (reply?.ok) element.contest = { place: placeOf(other), removals };
    });
  }

  #removeAll(hub: SimHub): void {
    const sets =
      this.#world
        .inspect(hub)
        ?.state.keys()
        .filter((key) => /^(set|gone)\//.test(key)) ?? [];
    const key = this.#random.pick(sets);
    if (key === undefined) return;
    const seen = [...this.#elementsAt(hub, key)].map((value) => this.#ledger.element(key, value));
    const { run } = hub;
    const over = this.#ledger.removing(key);
    this.#ask(hub, { kind: "state-eventual-delete", key }, (reply) => {
      // Unanswered, it may still wait at a hub that is frozen.
      if (reply !== null || hub.run !== run) over();
      if (reply?.ok) for (const element of seen) element.removed = placeOf(hub);
    });
  }

  #write(hub: SimHub, key: string): void {
    const value = `value-${this.#written}-${hub.id}`;
    const register = this.#ledger.register(key);
    register.asked.add(value);
    this.#put(hub, key, { type: "lww", op: "set", value }, (reply) => {
      if (reply?.ok) register.answered.set(value, { place: placeOf(hub), revision: revisionOf(reply) });
    });
  }

  /** Stamps of one instant are equal, so that only the tie-break tells who is last. */
  #writeAtOnce(key: string): void {
    for (const hub of this.#random.sample(this.#world.hubs, 3)) if (hub.alive) this.#write(hub, key);
  }

  #other(hub: SimHub, number: number): void {
    const value = `value-${this.#written}`;
    const field = `field-${this.#random.below(3)}`;
    const ops: readonly (readonly [key: string, op: EventualOp])[] = [
      [`many/${number}`, { type: "mv", op: "set", value }],
      [`many/${number}`, { type: "mv", op: "set", value, context: this.#read(hub, `many/${number}`)?.context ?? "" }],
      [`map/${number}`, { type: "map", op: "put", field, value }],
      [`map/${number}`, { type: "map", op: "remove", field }],
      [`map/${number}`, { type: "map", op: "update", field: "n", update: { type: "counter", op: "increment" } }],
      [`map/${number}`, { type: "map", op: "update", field: "s", update: { type: "set", op: "add", value } }],
    ];
    const [key, op] = this.#random.pick(ops) ?? [];
    if (key && op) this.#put(hub, key, op, () => {});
  }

  #put(hub: SimHub, key: string, op: EventualOp, ended: (reply: Reply | null) => void): void {
    this.#ask(hub, { kind: "state-eventual-put", key, op }, ended);
  }

  /** `ended` hears null when nobody answered in time; what comes later is not heard. */
  #ask(hub: SimHub, request: EventualWrite, ended: (reply: Reply | null) => void): void {
    const before = this.#read(hub, request.key)?.revision ?? 0;
    const { run } = hub;
    let open = true;
    const end = (reply: Reply | null): void => {
      if (!open) return;
      open = false;
      // A retry is answered as the first try was.
      const isAnew = request.idempotencyKey === undefined;
      if (isAnew && reply?.ok && hub.run === run && revisionOf(reply) <= before)
        throw new Violation(
          "state-revision-rises",
          `${request.key} at ${hub.id} was at ${before} before a write, and then at ${revisionOf(reply)}`,
        );
      const how = reply === null ? "unanswered" : reply.ok ? "written" : reply.problem.code;
      this.#world.marks.reach(`workload:state-${how}`);
      ended(reply);
    };
    this.#world.ask(hub, request, end);
    this.#world.clock.after(PATIENCE_MS, () => end(null));
  }

  #anyElement(hub: SimHub, key: string): string | undefined {
    return this.#random.pick(this.#elementsAt(hub, key));
  }

  #elementsAt(hub: SimHub, key: string): readonly string[] {
    return (this.#read(hub, key)?.value as readonly string[] | undefined) ?? [];
  }

  #read(hub: SimHub, key: string): EventualValue | undefined {
    return this.#world.inspect(hub)?.state.read(key);
  }

  /** It does what it is asked within the instant. */
  #isPrompt(hub: SimHub): boolean {
    return hub.alive && hub.slowMs === 0 && hub.frozenUntil <= this.#world.clock.now && hub.inbox.length === 0;
  }
}

function revisionOf(reply: Extract<Reply, { ok: true }>): number {
  return (reply.value as EventualValue).revision;
}
