/** Concurrent writes of one register, as this hub met them: what they were, and what settles between them. */
import type { Metrics } from "../../common/metrics.ts";
import type { Millis } from "../../common/types.ts";
import type { ConflictStrategy, StateConfig } from "../../config/hub-config.ts";
import { dotKey, hubOf } from "../clocks/dot.ts";
import { millisOf } from "../clocks/hybrid-logical-clock.ts";
import { type Conflict, type ConflictVersion, iso } from "../requests.ts";
import { parsed } from "../types/canonical-json.ts";
import type { Entry, KeyState } from "../types/key-state.ts";
import { type RegisterSlot, versions } from "../types/register.ts";
import { MAX_CONFLICT_BYTES, MAX_CONFLICT_VALUE_BYTES, MAX_CONFLICTS } from "./limits.ts";
import { settle, strategyFor } from "./strategies.ts";

interface Kept {
  readonly id: number;
  readonly key: string;
  readonly slot: RegisterSlot;
  readonly field: string;
  readonly strategy: ConflictStrategy;
  readonly noticedAt: Millis;
  versions: readonly ConflictVersion[];
  settledBy: string | null;
  resolvedAt: Millis | null;
  bytes: number;
}

export class Conflicts {
  readonly #config: StateConfig;
  readonly #metrics: Metrics;
  /** By number, the oldest first. */
  readonly #kept = new Map<number, Kept>();
  /** Those whose versions still stand side by side, by register. */
  readonly #open = new Map<string, Kept>();
  #lastId = 0;
  #bytes = 0;

  constructor(config: StateConfig, metrics: Metrics) {
    this.#config = config;
    this.#metrics = metrics;
  }

  get size(): number {
    return this.#kept.size;
  }

  get open(): number {
    return this.#open.size;
  }

  /** After `state` has taken in `touched`: new versions side by side, or an end of that. */
  review(key: string, state: KeyState, touched: Iterable<Pick<Entry, "slot" | "field">>, now: Millis): void {
    for (const { slot, field } of touched) {
      if (slot === "set" || slot === "field-set") continue;
      this.#reviewRegister(key, slot, field, versions(state, slot, field), now);
    }
    for (const each of [...this.#open.values()]) {
      if (each.key === key)
        this.#reviewRegister(key, each.slot, each.field, versions(state, each.slot, each.field), now);
    }
  }

  /** The latest first, before `cursor`. */
  *list(prefix: string, cursor: number): IterableIterator<readonly [id: number, conflict: Conflict]> {
    for (const each of [...this.#kept.values()].reverse()) {
      if (each.id < cursor && each.key.startsWith(prefix)) yield [each.id, told(each)];
    }
  }

  #reviewRegister(key: string, slot: RegisterSlot, field: string, side: readonly Entry[], now: Millis): void {
    const place = `${slot}|${field}|${key}`;
    const open = this.#open.get(place);
    const [first, second, ...others] = side;
    if (!first || !second) {
      if (open) open.resolvedAt = now;
      this.#open.delete(place);
      return;
    }
    const clocks = side.map(({ dot }) => dotKey(dot));
    const known = open?.versions.map(({ clock }) => clock) ?? [];
    if (clocks.every((clock) => known.includes(clock))) return;
    const strategy = strategyFor(this.#config, key, slot);
    const conflict = open ?? this.#begin(key, slot, field, strategy, now);
    this.#open.set(place, conflict);
    const { winner } = settle([first, second, ...others], strategy);
    conflict.versions = side.map(version).reverse();
    conflict.settledBy = winner ? dotKey(winner.dot) : null;
    const bytes = conflict.versions.reduce(
      (sum, { value, value_bytes }) => sum + (value === null ? 0 : value_bytes),
      0,
    );
    this.#bytes += bytes - conflict.bytes;
    conflict.bytes = bytes;
    this.#bound();
  }

  #begin(key: string, slot: RegisterSlot, field: string, strategy: ConflictStrategy, now: Millis): Kept {
    this.#lastId += 1;
    this.#metrics.count("state_conflicts_total", 1, { strategy });
    const base = { id: this.#lastId, key, slot, field, strategy, noticedAt: now };
    const kept: Kept = { ...base, versions: [], settledBy: null, resolvedAt: null, bytes: 0 };
    this.#kept.set(kept.id, kept);
    return kept;
  }

  #bound(): void {
    for (const each of this.#kept.values()) {
      if (this.#kept.size <= MAX_CONFLICTS && (this.#bytes <= MAX_CONFLICT_BYTES || this.#kept.size === 1)) return;
      this.#kept.delete(each.id);
      this.#open.delete(`${each.slot}|${each.field}|${each.key}`);
      this.#bytes -= each.bytes;
    }
  }
}

function version({ dot, value }: Entry): ConflictVersion {
  return {
    value: value.length <= MAX_CONFLICT_VALUE_BYTES ? parsed(value) : null,
    value_bytes: value.length,
    hub_id: hubOf(dot.actor),
    written_at: iso(millisOf(dot.stamp)),
    clock: dotKey(dot),
  };
}

function told({ id, key, slot, field, strategy, versions, settledBy, noticedAt, resolvedAt }: Kept): Conflict {
  return {
    conflict_id: String(id),
    key,
    type: slot === "field" ? "map" : slot,
    ...(slot === "field" ? { field } : {}),
    strategy,
    versions,
    settled_by: settledBy,
    noticed_at: iso(noticedAt),
    resolved_at: resolvedAt === null ? null : iso(resolvedAt),
  };
}
