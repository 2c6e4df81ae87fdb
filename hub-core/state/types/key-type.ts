/** Which type a key is: what was written there. Where hubs made one key of several types at once, the first of KEY_TYPES shows. */
import type { Dot } from "../clocks/dot.ts";
import { fields } from "./field-map.ts";
import { join, type KeyState, replacing } from "./key-state.ts";
import { clear, total } from "./pn-counter.ts";

export const KEY_TYPES = ["map", "set", "counter", "mv", "lww"] as const;
export type KeyType = (typeof KEY_TYPES)[number];

/** In the order of KEY_TYPES; more than one only after concurrent first writes. */
export function typesIn(state: KeyState): KeyType[] {
  const slots = new Set([...state.entries.values()].map(({ slot }) => slot));
  return KEY_TYPES.filter((type) => {
    if (type === "map") return fields(state).length > 0;
    if (type === "counter") return total(state) !== null;
    return slots.has(type);
  });
}

/** Removes all that is here. @returns the delta. */
export function removeAll(state: KeyState, dot: Dot): KeyState {
  return join(replacing([...state.entries.values()], [], dot), clear(state, null, dot));
}
