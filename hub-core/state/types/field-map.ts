/**
 * A map (Riak DT): fields are registers, or nested counters and sets. A field that is removed loses what its removal saw; what was
 * written meanwhile stays. Where hubs made one field of several types at once, the first of FIELD_TYPES shows.
 */
import type { Dot } from "../clocks/dot.ts";
import { elements } from "./add-wins-set.ts";
import { isLiveTally, join, type KeyState, replacing } from "./key-state.ts";
import { clear, total } from "./pn-counter.ts";
import { versions } from "./register.ts";

export const FIELD_TYPES = ["set", "counter", "register"] as const;
export type FieldType = (typeof FIELD_TYPES)[number];

/** Sorted. */
export function fields(state: KeyState): string[] {
  const found = new Set<string>();
  for (const { slot, field } of state.entries.values()) if (slot === "field" || slot === "field-set") found.add(field);
  for (const tally of state.tallies.values()) if (tally.field !== "" && isLiveTally(tally)) found.add(tally.field);
  return [...found].sort();
}

/** Null when there is no such field. */
export function fieldType(state: KeyState, field: string): FieldType | null {
  if (elements(state, "field-set", field).length > 0) return "set";
  if (total(state, field) !== null) return "counter";
  return versions(state, "field", field).length > 0 ? "register" : null;
}

/** @returns the delta. */
export function removeField(state: KeyState, field: string, dot: Dot): KeyState {
  const seen = [...state.entries.values()].filter(
    (entry) => (entry.slot === "field" || entry.slot === "field-set") && entry.field === field,
  );
  return join(replacing(seen, [], dot), clear(state, field, dot));
}
