/**
 * Every state of a machine, breadth first, so that the first broken promise comes with one of the shortest ways to it. States are told
 * apart by 128 bits of a hash of their key: two of ten million different ones are taken for equal with a chance below 10⁻²⁴.
 */
import { hash } from "node:crypto";
import type { Machine } from "./machine.ts";

export interface Bounds {
  /** Different states, the first so many of which are looked at. */
  readonly states: number;
  /** Actions from the beginning. */
  readonly depth?: number;
}

export interface Exploration<State> {
  /** `complete`: there are no other states. `bounded`: a bound was reached, and there may be more. */
  readonly kind: "complete" | "bounded" | "violated";
  readonly states: number;
  /** Actions tried, also those that led where somebody had been. */
  readonly transitions: number;
  /** Of the deepest state: the fewest actions that lead to it. */
  readonly depth: number;
  readonly ms: number;
  readonly violation: Violation<State> | null;
}

export interface Violation<State> {
  readonly promises: readonly string[];
  readonly trace: readonly string[];
  readonly state: State;
}

export function explore<State>(machine: Machine<State>, bounds: Bounds): Exploration<State> {
  const start = performance.now();
  const search = new Search(machine, bounds);
  const violation = search.run();
  return {
    kind: violation ? "violated" : search.bounded ? "bounded" : "complete",
    states: search.states,
    transitions: search.transitions,
    depth: search.depth,
    ms: performance.now() - start,
    violation,
  };
}

interface Reached<State> {
  readonly state: State;
  /** Its number: states are counted as they are found. */
  readonly at: number;
}

class Search<State> {
  readonly #machine: Machine<State>;
  readonly #bounds: Bounds;
  readonly #seen = new Set<string>();
  /** How each state was reached first: from which, by what. */
  readonly #from: number[] = [];
  readonly #by: string[] = [];
  transitions = 0;
  depth = 0;
  bounded = false;

  constructor(machine: Machine<State>, bounds: Bounds) {
    this.#machine = machine;
    this.#bounds = bounds;
  }

  get states(): number {
    return this.#from.length;
  }

  run(): Violation<State> | null {
    let layer: Reached<State>[] = [];
    for (const state of this.#machine.initial) {
      const violation = this.#reach(state, -1, "", layer);
      if (violation) return violation;
    }
    while (layer.length > 0 && !this.bounded) {
      if (this.depth === this.#bounds.depth) {
        this.bounded = true;
        return null;
      }
      const next: Reached<State>[] = [];
      const violation = this.#leave(layer, next);
      if (next.length > 0) this.depth += 1;
      if (violation) return violation;
      layer = next;
    }
    return null;
  }

  #leave(layer: readonly Reached<State>[], next: Reached<State>[]): Violation<State> | null {
    for (const { state, at } of layer) {
      for (const { action, state: after } of this.#machine.successors(state)) {
        this.transitions += 1;
        const violation = this.#reach(after, at, action, next);
        if (violation || this.bounded) return violation;
      }
    }
    return null;
  }

  #reach(state: State, from: number, action: string, layer: Reached<State>[]): Violation<State> | null {
    const print = this.#fingerprint(state);
    if (this.#seen.has(print)) return null;
    if (this.states >= this.#bounds.states) {
      this.bounded = true;
      return null;
    }
    this.#seen.add(print);
    const at = this.#from.push(from) - 1;
    this.#by.push(action);
    layer.push({ state, at });
    const promises = this.#machine.violations(state);
    return promises.length > 0 ? { promises, trace: this.#traceTo(at), state } : null;
  }

  #fingerprint(state: State): string {
    let least = this.#machine.key(state);
    for (const renamed of this.#machine.symmetric?.(state) ?? []) {
      const other = this.#machine.key(renamed);
      if (other < least) least = other;
    }
    return hash("md5", least, "binary");
  }

  #traceTo(at: number): string[] {
    const trace: string[] = [];
    for (let state = at; this.#from[state] !== -1; state = this.#from[state] as number)
      trace.push(this.#by[state] as string);
    return trace.reverse();
  }
}
