/** A set without tombstones (Bieniusa 2012, ORSWOT): a removal takes away the adds that it saw, so a concurrent add stays. */
import type { Dot } from "../clocks/dot.ts";
import { entriesIn, type KeyState, replacing, type Slot } from "./key-state.ts";

export type SetSlot = Extract<Slot, "set" | "field-set">;

/** One dot for each value. @returns the delta. */
export function add(
  state: KeyState,
  slot: SetSlot,
  field: string,
  values: readonly string[],
  dots: readonly [Dot, ...Dot[]],
): KeyState {
  const wanted = new Set(values);
  const before = entriesIn(state, slot, field).filter(({ value }) => wanted.has(value));
  const made = [...wanted].map((value, i) => ({ dot: dots[i] ?? dots[0], slot, field, value }));
  return replacing(before, made, dots[0]);
}

/** @returns the delta. */
export function remove(state: KeyState, slot: SetSlot, field: string, values: readonly string[], dot: Dot): KeyState {
  const unwanted = new Set(values);
  return replacing(
    entriesIn(state, slot, field).filter(({ value }) => unwanted.has(value)),
    [],
    dot,
  );
}

/** Sorted, each once however many added it. */
export function elements(state: KeyState, slot: SetSlot, field = ""): string[] {
  return [...new Set(entriesIn(state, slot, field).map(({ value }) => value))].sort();
}
