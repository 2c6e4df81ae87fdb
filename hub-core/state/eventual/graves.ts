/**
 * When a removed key may be forgotten. Every hub tells of which dead keys it holds all that was ever said, and holds nothing else; a key that
 * all hubs tell alike has no live word left anywhere that could bring it back. A hub that is away holds up the forgetting until the
 * federation forgets the hub, and such a hub discards its own words when it comes back (STATE-21).
 */
import type { Outbox } from "../../common/outbox.ts";
import type { DurationMs, HubId, Millis } from "../../common/types.ts";
import { recordKeys } from "../../wire/catalog.ts";
import { MAX_GRAVES_TOLD } from "../../wire/state-records.ts";
import { covers } from "../types/key-state.ts";
import { type EventualKey, said } from "./eventual-key.ts";
import type { KeyTable } from "./key-table.ts";
import type { Surroundings } from "./surroundings.ts";

/** One word for all that died meanwhile. */
const TELLING_SPACING_MS: DurationMs = 10_000;

export class Graves {
  readonly #around: Surroundings;
  readonly #table: KeyTable;
  readonly #told = new Map<HubId, ReadonlySet<number>>();
  #own: ReadonlySet<number> = new Set();
  #tellAt: Millis = Number.POSITIVE_INFINITY;
  #toldAt: Millis = Number.NEGATIVE_INFINITY;

  constructor(around: Surroundings, table: KeyTable) {
    this.#around = around;
    this.#table = table;
  }

  nextDeadline(): Millis {
    return this.#tellAt;
  }

  heard(origin: HubId, graves: readonly number[] | null): void {
    if (origin === this.#around.self) this.#own = new Set(graves ?? []);
    else if (graves === null || graves.length === 0) this.#told.delete(origin);
    else this.#told.set(origin, new Set(graves));
  }

  /** Something may have to be told, or not any more. */
  changed(now: Millis): void {
    this.#tellAt = Math.min(this.#tellAt, Math.max(now, this.#toldAt + TELLING_SPACING_MS));
  }

  /** Nothing but this very death is said of it here. */
  isSettled(key: EventualKey): boolean {
    if (!key.isDead) return false;
    for (const source of key.sources) if (!covers(said([source]), key.state)) return false;
    return true;
  }

  /** All that could still hold a live word of it tell of its death. */
  isKnownToAll(key: EventualKey): boolean {
    if (!this.#own.has(key.fingerprint)) return false;
    for (const { hubId, state } of this.#around.catalog.hubs()) {
      if (hubId === this.#around.self || state === "left") continue;
      if (this.#told.get(hubId)?.has(key.fingerprint) !== true) return false;
    }
    return true;
  }

  tick(now: Millis, out: Outbox): void {
    if (this.#tellAt > now) return;
    this.#tellAt = Number.POSITIVE_INFINITY;
    this.#toldAt = now;
    const graves: number[] = [];
    for (const key of this.#table.all()) {
      if (graves.length < MAX_GRAVES_TOLD && this.isSettled(key)) graves.push(key.fingerprint);
    }
    graves.sort((a, b) => a - b);
    if (graves.length === this.#own.size && graves.every((grave) => this.#own.has(grave))) return;
    this.#around.publish(recordKeys.stateGraves, { kind: "state-graves", graves }, "bulk", null, now, out);
  }
}
