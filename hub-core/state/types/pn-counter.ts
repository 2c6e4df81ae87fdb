/**
 * A counter (Shapiro 2011 §3.1.3): each actor keeps a sum of what it added and one of what it took, and the higher of two sums
 * of one actor is the later. A removal raises the part that is gone to what it saw; what is counted meanwhile stays.
 */
import { CausalContext } from "../clocks/causal-context.ts";
import type { Actor, Dot } from "../clocks/dot.ts";
import { isLiveTally, type KeyState, stateOf, type Tally, tallyKey } from "./key-state.ts";

/** `by` below zero takes away. @returns the delta; null when the actor's sum would no longer be exact. */
export function count(state: KeyState, field: string, by: number, dot: Dot): KeyState | null {
  const before = state.tallies.get(tallyKey({ field, actor: dot.actor })) ?? nothing(field, dot.actor);
  const added = before.added + Math.max(0, by);
  const taken = before.taken + Math.max(0, -by);
  if (!Number.isSafeInteger(added) || !Number.isSafeInteger(taken)) return null;
  return stateOf(new CausalContext([], [dot]), [], [{ ...before, added, taken }]);
}

/** @returns the delta. */
export function clear(state: KeyState, field: string | null, dot: Dot): KeyState {
  const seen = field === null ? [...state.tallies.values()] : talliesOf(state, field);
  const gone = seen.map((tally) => ({ ...tally, addedGone: tally.added, takenGone: tally.taken }));
  return stateOf(new CausalContext([], [dot]), [], gone);
}

/** Null when nothing was counted since it was last removed. */
export function total(state: KeyState, field = ""): number | null {
  const tallies = talliesOf(state, field);
  if (!tallies.some(isLiveTally)) return null;
  return tallies.reduce(
    (sum, { added, addedGone, taken, takenGone }) => sum + added - addedGone - taken + takenGone,
    0,
  );
}

function talliesOf(state: KeyState, field: string): Tally[] {
  return [...state.tallies.values()].filter((tally) => tally.field === field);
}

function nothing(field: string, actor: Actor): Tally {
  return { field, actor, added: 0, taken: 0, addedGone: 0, takenGone: 0 };
}
