/** Replicas that write every type and hear of each other in odd ways: the states that the laws are held against. */
import fc from "fast-check";
import type { Actor, Dot } from "../clocks/dot.ts";
import { HybridLogicalClock } from "../clocks/hybrid-logical-clock.ts";
import { add, remove } from "./add-wins-set.ts";
import { removeField } from "./field-map.ts";
import { EMPTY, join, type KeyState, vouchedBy } from "./key-state.ts";
import { removeAll } from "./key-type.ts";
import { clear, count } from "./pn-counter.ts";
import { assign } from "./register.ts";

export const ACTORS: readonly Actor[] = ["a~1", "b~2", "c~3"];

export const OPERATIONS = [
  "lww",
  "mv",
  "mv-blind",
  "count",
  "take",
  "clear",
  "add",
  "remove",
  "put",
  "nested-add",
  "nested-count",
  "remove-field",
  "remove-all",
] as const;
export type Operation = (typeof OPERATIONS)[number];

export type Step =
  | { readonly kind: "write"; readonly replica: number; readonly operation: Operation; readonly value: number }
  | { readonly kind: "hear"; readonly replica: number; readonly from: number };

export function steps(operations: readonly Operation[] = OPERATIONS): fc.Arbitrary<readonly Step[]> {
  const replica = fc.nat(ACTORS.length - 1);
  const write = fc.record({
    kind: fc.constant("write" as const),
    replica,
    operation: fc.constantFrom(...operations),
    value: fc.nat(2),
  });
  const hear = fc.record({ kind: fc.constant("hear" as const), replica, from: replica });
  return fc.array(fc.oneof({ weight: 3, arbitrary: write }, { weight: 1, arbitrary: hear }), { maxLength: 24 });
}

export interface History {
  /** The whole state of each replica, vouched for by it. */
  readonly states: readonly KeyState[];
  /** One for each write. */
  readonly deltas: readonly KeyState[];
  /** After each write, all that its replica had written, and nothing of what it heard: as one writer's record says it. */
  readonly contributions: readonly { readonly replica: number; readonly state: KeyState }[];
}

export function play(script: readonly Step[]): History {
  const clocks = ACTORS.map(() => new HybridLogicalClock());
  const states: KeyState[] = ACTORS.map(() => EMPTY);
  const own: KeyState[] = ACTORS.map(() => EMPTY);
  const deltas: KeyState[] = [];
  const contributions: { replica: number; state: KeyState }[] = [];
  for (const step of script) {
    const state = states[step.replica] as KeyState;
    const clock = clocks[step.replica] as HybridLogicalClock;
    const actor = ACTORS[step.replica] as Actor;
    if (step.kind === "hear") {
      const heard = states[step.from] as KeyState;
      states[step.replica] = join(state, heard);
      clock.observe(heard.context.newest);
      continue;
    }
    const delta = write(state, step, { actor, stamp: clock.tick(0) });
    deltas.push(delta);
    states[step.replica] = vouchedBy(join(state, delta), actor, clock.last);
    own[step.replica] = vouchedBy(join(own[step.replica] as KeyState, delta), actor, clock.last);
    contributions.push({ replica: step.replica, state: own[step.replica] as KeyState });
  }
  return { states, deltas, contributions };
}

function write(state: KeyState, { operation, value }: Step & { kind: "write" }, dot: Dot): KeyState {
  const text = String(value);
  switch (operation) {
    case "lww":
    case "mv":
      return assign(state, operation, "", text, dot);
    case "mv-blind":
      return assign(state, "mv", "", text, dot, () => false);
    case "count":
      return count(state, "", value + 1, dot) as KeyState;
    case "take":
      return count(state, "", -value - 1, dot) as KeyState;
    case "clear":
      return clear(state, "", dot);
    case "add":
      return add(state, "set", "", [text], [dot]);
    case "remove":
      return remove(state, "set", "", [text], dot);
    case "put":
      return assign(state, "field", "f", text, dot);
    case "nested-add":
      return add(state, "field-set", "f", [text], [dot]);
    case "nested-count":
      return count(state, "f", value + 1, dot) as KeyState;
    case "remove-field":
      return removeField(state, "f", dot);
    case "remove-all":
      return removeAll(state, dot);
  }
}

export function joined(states: readonly KeyState[]): KeyState {
  return states.reduce(join, EMPTY);
}

/** Everything that tells one state from another, in one order. */
export function portrait({ context, entries, tallies }: KeyState): unknown {
  return { vector: context.vector(), cloud: context.cloud(), ...content({ context, entries, tallies }) };
}

/** Without how the context is put. */
export function content({ entries, tallies }: KeyState): { entries: unknown; tallies: unknown } {
  return { entries: [...entries].sort(byKey), tallies: [...tallies].sort(byKey) };
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}
