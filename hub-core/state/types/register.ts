/** A register: a write takes the place of those that it saw. What is concurrent stays side by side until a write has seen it. */
import type { Dot } from "../clocks/dot.ts";
import { type Entry, entriesIn, type KeyState, replacing, type Slot } from "./key-state.ts";

export type RegisterSlot = Extract<Slot, "lww" | "mv" | "field">;

/** `seen`: what the writer had seen; by default all that is here. @returns the delta. */
export function assign(
  state: KeyState,
  slot: RegisterSlot,
  field: string,
  value: string,
  dot: Dot,
  seen: (entry: Entry) => boolean = () => true,
): KeyState {
  return replacing(entriesIn(state, slot, field).filter(seen), [{ dot, slot, field, value }], dot);
}

/** The versions side by side, oldest first. The last is what the last writer wrote: dots are totally ordered. */
export function versions(state: KeyState, slot: RegisterSlot, field = ""): Entry[] {
  return entriesIn(state, slot, field);
}
