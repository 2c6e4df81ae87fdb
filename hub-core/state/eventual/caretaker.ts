/**
 * Sees to it that what a hub says of a key outlives the hub, and that nothing is said for longer than it is needed.
 * Looks at a key when something about it has changed, a few keys at a time.
 */
import type { Outbox } from "../../common/outbox.ts";
import { hash32 } from "../../common/random.ts";
import type { DurationMs, Millis } from "../../common/types.ts";
import { isGone, recordKeys } from "../../wire/catalog.ts";
import { MAX_CONTRIBUTION_BYTES } from "../../wire/state-records.ts";
import { covers, type KeyState } from "../types/key-state.ts";
import { sizeOf, toContribution } from "./contribution.ts";
import { type EventualKey, isOnBehalf, type Source, said } from "./eventual-key.ts";
import type { Graves } from "./graves.ts";
import type { KeyTable } from "./key-table.ts";
import { KEYS_PER_ROUND, ROUND_MS } from "./limits.ts";
import type { Presence } from "./presence.ts";
import type { Surroundings } from "./surroundings.ts";

/** A hub that fails may be back soon, and what it said is still with everyone. */
const TAKE_OVER_AFTER_MS: DurationMs = 30_000;
/** A hub that is back without its storage hears its own words within moments, or not at all. */
const LOST_AFTER_MS: DurationMs = 2_000;
/** Between the first to take over and the next: by then that one's word has come. */
const RANK_MS: DurationMs = 3_000;
const MAX_RANK = 40;
/** In which life a hub is back is heard a moment after that it is back. */
const SETTLED_AFTER_MS: DurationMs = 10_000;
/** A removed key may be written again at once, and most are not. */
const BURY_AFTER_MS: DurationMs = 20_000;

export class Caretaker {
  readonly #around: Surroundings;
  readonly #table: KeyTable;
  readonly #graves: Graves;
  readonly #presence: Presence;
  /** Keys to look at, and when. */
  readonly #due = new Map<string, Millis>();
  #nextAt: Millis = Number.POSITIVE_INFINITY;
  #nextRoundAt: Millis = 0;

  constructor(around: Surroundings, table: KeyTable, graves: Graves, presence: Presence) {
    this.#around = around;
    this.#presence = presence;
    this.#table = table;
    this.#graves = graves;
  }

  nextDeadline(): Millis {
    return Math.max(this.#nextAt, this.#nextRoundAt);
  }

  lookAt(key: string, at: Millis): void {
    this.#due.set(key, Math.min(at, this.#due.get(key) ?? Number.POSITIVE_INFINITY));
    this.#nextAt = Math.min(this.#nextAt, at);
  }

  tick(now: Millis, out: Outbox): void {
    if (this.nextDeadline() > now) return;
    this.#nextRoundAt = now + ROUND_MS;
    const due = [...this.#due].filter(([, at]) => at <= now).slice(0, KEYS_PER_ROUND);
    for (const [key] of due) {
      this.#due.delete(key);
      const found = this.#table.get(key);
      if (!found) continue;
      this.#keepWords(found, now, out);
      if (found.isDead) this.#bury(found, now, out);
      this.#retireCopies(found, now, out);
      if (!found.isForgotten) continue;
      this.#table.forget(key);
      this.#graves.changed(now);
    }
    this.#nextAt = Math.min(...this.#due.values(), Number.POSITIVE_INFINITY);
  }

  /** What only a hub that is gone says of the key is said by this one, unless one before it in line does so first. */
  #keepWords(key: EventualKey, now: Millis, out: Outbox): void {
    const { self } = this.#around;
    const sources = [...key.sources].map((source) => ({ source, gone: this.#presence.goneSince(source) }));
    const away = sources.flatMap(({ source, gone }) => (gone === null ? [] : [{ source, gone }]));
    if (away.length === 0) return this.#keepMemory(key, now, out);
    const present = said(sources.filter(({ gone }) => gone === null).map(({ source }) => source));
    for (const { source, gone } of away) {
      if (covers(present, said([source]))) continue;
      const ownTurn = gone + this.#grace(source) + this.#rank(key.key) * RANK_MS;
      if (ownTurn > now) {
        this.lookAt(key.key, ownTurn);
        continue;
      }
      const before = key.source(self, source.recordKey);
      const word = before ? said([before, source]) : said([source]);
      if (this.#say(source.recordKey, word, now, out)) this.#around.metrics.count("state_words_taken_over_total");
    }
    this.#keepMemory(key, now, out);
  }

  /** What nobody says any more, and this hub still remembers. */
  #keepMemory(key: EventualKey, now: Millis, out: Outbox): void {
    if (key.isForgotten || covers(said(key.sources), key.state)) return;
    const { replica } = this.#around;
    const recordKey = recordKeys.state(replica.toString(36), key.key);
    const ownTurn = key.heardAt + TAKE_OVER_AFTER_MS + this.#rank(key.key) * RANK_MS;
    if (ownTurn > now) return this.lookAt(key.key, ownTurn);
    this.#say(recordKey, key.state, now, out);
  }

  /** All that this hub says of a dead key becomes the whole of it, without what was removed; once all agree, nothing. */
  #bury(key: EventualKey, now: Millis, out: Outbox): void {
    const { self, config } = this.#around;
    if (now < key.deadSince + BURY_AFTER_MS) return this.lookAt(key.key, key.deadSince + BURY_AFTER_MS);
    const own = [...key.sources].filter(({ origin }) => origin === self);
    for (const source of own) {
      if (!covers(said([source]), key.state)) this.#say(source.recordKey, key.state, now, out);
    }
    this.#graves.changed(now);
    if (!this.#graves.isSettled(key) || !this.#graves.isKnownToAll(key)) return;
    for (const { recordKey } of own) this.#retire(recordKey, now + config.registry.tombstoneTtlMs, now, out);
    this.#around.metrics.count("state_keys_forgotten_total");
  }

  /** Words of others are given back once those who have a better right to them say as much. */
  #retireCopies(key: EventualKey, now: Millis, out: Outbox): void {
    const { self, config } = this.#around;
    const copies = [...key.sources].filter((source) => source.origin === self && isOnBehalf(source));
    if (copies.length === 0) return;
    const better = [...key.sources].filter(
      (source) => this.#presence.goneSince(source) === null && (!isOnBehalf(source) || source.origin < self),
    );
    const settledAt = (source: Source): Millis => this.#presence.hereSince(source.origin) + SETTLED_AFTER_MS;
    const settled = better.filter((source) => settledAt(source) <= now);
    const together = said(settled);
    if (settled.length < better.length)
      this.lookAt(key.key, Math.min(...better.map(settledAt).filter((at) => at > now)));
    for (const copy of copies) {
      if (!covers(together, said([copy]))) continue;
      this.#retire(copy.recordKey, now + config.registry.tombstoneTtlMs, now, out);
    }
  }

  #say(recordKey: string, state: KeyState, now: Millis, out: Outbox): boolean {
    const contribution = toContribution(state);
    const { replica: saidIn } = this.#around;
    if ((sizeOf(contribution) ?? Number.POSITIVE_INFINITY) > MAX_CONTRIBUTION_BYTES) {
      this.#around.metrics.count("state_words_too_large_total");
      return false;
    }
    return this.#around.publish(recordKey, { kind: "state", contribution, saidIn }, "normal", null, now, out);
  }

  #retire(recordKey: string, expiresAt: Millis, now: Millis, out: Outbox): void {
    const body = { kind: "state", contribution: null, saidIn: this.#around.replica } as const;
    this.#around.publish(recordKey, body, "normal", expiresAt, now, out);
  }

  /** How long its hub may still come and say it itself. */
  #grace({ origin }: Source): DurationMs {
    const state = this.#around.catalog.hub(origin)?.state;
    if (state === "left") return 0;
    return state === undefined || isGone(state) ? TAKE_OVER_AFTER_MS : LOST_AFTER_MS;
  }

  /** This hub's place in the line of those who are here, another line for each key. */
  #rank(key: string): number {
    const { self, catalog } = this.#around;
    const own = hash32(`${self}/${key}`);
    let before = 0;
    for (const { hubId, state } of catalog.hubs()) {
      if (hubId !== self && !isGone(state) && hash32(`${hubId}/${key}`) < own) before += 1;
    }
    return Math.min(MAX_RANK, before);
  }
}
