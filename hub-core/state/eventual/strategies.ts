/** How concurrent versions of a register are settled: when they are read, so that no hub's choice is another hub's loss. */
import { type Json, unreachable } from "../../common/types.ts";
import type { ConflictStrategy, StateConfig } from "../../config/hub-config.ts";
import { parsed } from "../types/canonical-json.ts";
import type { Entry } from "../types/key-state.ts";
import type { RegisterSlot } from "../types/register.ts";

export function configuredStrategy(config: StateConfig, key: string): ConflictStrategy | null {
  return config.strategies.find(({ prefix }) => key.startsWith(prefix))?.strategy ?? null;
}

/** What the configuration says of the key; else what the type is there for. */
export function strategyFor(config: StateConfig, key: string, slot: RegisterSlot): ConflictStrategy {
  return configuredStrategy(config, key) ?? (slot === "mv" ? "multi_value" : "last_write_wins");
}

export interface Settlement {
  readonly value: Json;
  /** The version that won alone; null when all count. */
  readonly winner: Entry | null;
  /** The latest first, when a reader gets several. */
  readonly siblings: readonly Json[] | null;
}

/** `versions`: one or more, in the order of their dots. */
export function settle(versions: readonly [Entry, ...Entry[]], strategy: ConflictStrategy): Settlement {
  const first = versions[0];
  const last = versions.at(-1) ?? first;
  switch (strategy) {
    case "last_write_wins":
    case "consensus_required":
      return { value: parsed(last.value), winner: last, siblings: null };
    case "first_write_wins":
      return { value: parsed(first.value), winner: first, siblings: null };
    case "merge":
      return {
        value: versions.map(({ value }) => parsed(value)).reduce(merged),
        winner: versions.length === 1 ? first : null,
        siblings: null,
      };
    case "multi_value": {
      const values = versions.map(({ value }) => parsed(value)).reverse();
      const alone = versions.length === 1;
      return { value: parsed(last.value), winner: alone ? first : null, siblings: alone ? null : values };
    }
    default:
      return unreachable(strategy);
  }
}

/** Objects field by field; of anything else the later. */
function merged(earlier: Json, later: Json): Json {
  if (!isObject(earlier) || !isObject(later)) return later;
  const whole = new Map<string, Json>(Object.entries(earlier));
  for (const [name, value] of Object.entries(later)) {
    const before = whole.get(name);
    whole.set(name, before === undefined ? value : merged(before, value));
  }
  return Object.fromEntries([...whole].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function isObject(value: Json): value is { readonly [key: string]: Json } {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
