/**
 * When a removed key may be forgotten. Every hub tells of which dead keys it holds all that was ever said, and holds nothing else; a key of
 * which all hubs tell the same has no live word left anywhere that could bring it back. Who all hubs are each must know as well: a hub
 * that has just started may know few. So they tell whom they know, too, and each waits for those that it knew before it started. A hub that is away
 * holds up the forgetting until the federation forgets the hub, and such a hub discards its own words when it comes back (STATE-21).
 */
import type { Outbox } from "../../common/outbox.ts";
import { hash32 } from "../../common/random.ts";
import type { DurationMs, HubId, Millis } from "../../common/types.ts";
import { recordKeys } from "../../wire/catalog.ts";
import { MAX_GRAVES_TOLD } from "../../wire/state-records.ts";
import { covers } from "../types/key-state.ts";
import { type EventualKey, said } from "./eventual-key.ts";
import type { KeyTable } from "./key-table.ts";
import type { Surroundings } from "./surroundings.ts";

/** One word for all that died meanwhile. */
const TELLING_SPACING_MS: DurationMs = 10_000;

interface Told {
  readonly graves: ReadonlySet<number>;
  readonly census: number;
}

const NOTHING: Told = { graves: new Set(), census: 0 };

export class Graves {
  readonly #around: Surroundings;
  readonly #table: KeyTable;
  readonly #told = new Map<HubId, Told>();
  #own: Told = NOTHING;
  #tellAt: Millis = Number.POSITIVE_INFINITY;
  #toldAt: Millis = Number.NEGATIVE_INFINITY;

  constructor(around: Surroundings, table: KeyTable) {
    this.#around = around;
    this.#table = table;
  }

  nextDeadline(): Millis {
    return this.#tellAt;
  }

  heard(origin: HubId, said: { readonly graves: readonly number[]; readonly census: number } | null): void {
    const told = said ? { graves: new Set(said.graves), census: said.census } : NOTHING;
    if (origin === this.#around.self) this.#own = told;
    else if (told.graves.size === 0) this.#told.delete(origin);
    else this.#told.set(origin, told);
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
    const { self, catalog, expected } = this.#around;
    if (expected.some((hub) => catalog.hub(hub) === undefined)) return false;
    const census = this.#census();
    const tells = (told: Told | undefined): boolean => told?.census === census && told.graves.has(key.fingerprint);
    if (!tells(this.#own)) return false;
    for (const { hubId, state } of catalog.hubs()) {
      if (hubId !== self && state !== "left" && !tells(this.#told.get(hubId))) return false;
    }
    return true;
  }

  #census(): number {
    const { self, catalog } = this.#around;
    const others = [...catalog.hubs()].filter(({ hubId, state }) => hubId !== self && state !== "left");
    const ids = [self, ...others.map(({ hubId }) => hubId)].sort().join("\n");
    return hash32(ids, 1) * 0x10_0000 + (hash32(ids, 2) & 0xf_ffff);
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
    const own = this.#own;
    const census = graves.length === 0 ? own.census : this.#census();
    if (graves.length === own.graves.size && graves.every((grave) => own.graves.has(grave)) && census === own.census)
      return;
    this.#around.publish(recordKeys.stateGraves, { kind: "state-graves", graves, census }, "bulk", null, now, out);
  }
}
