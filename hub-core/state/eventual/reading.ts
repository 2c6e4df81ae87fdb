/** What a key reads as. */
import { invariant, type Json, unreachable } from "../../common/types.ts";
import type { StateConfig } from "../../config/hub-config.ts";
import { dotKey, readDot } from "../clocks/dot.ts";
import type { EventualValue } from "../requests.ts";
import { elements } from "../types/add-wins-set.ts";
import { parsed } from "../types/canonical-json.ts";
import { fields, fieldType } from "../types/field-map.ts";
import type { Entry, KeyState } from "../types/key-state.ts";
import { type KeyType, typesIn } from "../types/key-type.ts";
import { total } from "../types/pn-counter.ts";
import { type RegisterSlot, versions } from "../types/register.ts";
import { fingerprint } from "./contribution.ts";
import { type Settlement, settle, strategyFor } from "./strategies.ts";

/** Undefined for a key that has nothing to read. */
export function read(key: string, state: KeyState, config: StateConfig): EventualValue | undefined {
  const type = typesIn(state)[0];
  if (type === undefined) return undefined;
  const { value, siblings } = readAs(type, key, state, config);
  return {
    key,
    type,
    value,
    ...stamped(key, state),
    ...(siblings ? { siblings } : {}),
    ...(type === "mv" ? { context: contextOf(versions(state, "mv")) } : {}),
  };
}

/** Of equal states the same at every hub. */
export function stamped(key: string, state: KeyState): Pick<EventualValue, "version" | "revision" | "consistency"> {
  return { version: fingerprint(key, state).toString(36), revision: state.context.newest, consistency: "eventual" };
}

function readAs(type: KeyType, key: string, state: KeyState, config: StateConfig): Omit<Settlement, "winner"> {
  const plain = (value: Json) => ({ value, siblings: null });
  switch (type) {
    case "lww":
    case "mv":
      return register(key, state, config, type);
    case "counter":
      return plain(total(state) ?? 0);
    case "set":
      return plain(elements(state, "set").map(parsed));
    case "map":
      return plain(Object.fromEntries(fields(state).map((field) => [field, fieldValue(key, state, config, field)])));
    default:
      return unreachable(type);
  }
}

function fieldValue(key: string, state: KeyState, config: StateConfig, field: string): Json {
  const type = fieldType(state, field);
  switch (type) {
    case "set":
      return elements(state, "field-set", field).map(parsed);
    case "counter":
      return total(state, field);
    case "register": {
      const { value, siblings } = register(key, state, config, "field", field);
      return siblings ?? value;
    }
    case null:
      return null;
    default:
      return unreachable(type);
  }
}

function register(key: string, state: KeyState, config: StateConfig, slot: RegisterSlot, field = ""): Settlement {
  const [first, ...others] = versions(state, slot, field);
  invariant(first !== undefined, "a register that shows has a version");
  return settle([first, ...others], strategyFor(config, key, slot));
}

/** What a reader saw, to be handed back. Opaque to users. */
export function contextOf(seen: readonly Entry[]): string {
  return seen.map(({ dot }) => dotKey(dot)).join(",");
}

/** The dots of a context; null for what no GET gave. */
export function readContext(context: string): ReadonlySet<string> | null {
  const dots = context === "" ? [] : context.split(",").map(readDot);
  return dots.some((dot) => dot === null) ? null : new Set(dots.flatMap((dot) => (dot ? [dotKey(dot)] : [])));
}
