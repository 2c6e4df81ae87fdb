/**
 * Eventual state: keys that every hub writes at once and all merge without conflict. Each hub says what it has to say of a key in
 * one record of its log; a key is all of these joined. README.md tells how that outlives hubs and is forgotten again.
 */
import type { Outbox } from "../../common/outbox.ts";
import { answered, type Reply, refused } from "../../common/problem.ts";
import { type HubId, type Millis, unreachable } from "../../common/types.ts";
import { type RecordBody, type Rumor, readStateKey, recordKeys, type StateRecord } from "../../wire/catalog.ts";
import { HybridLogicalClock } from "../clocks/hybrid-logical-clock.ts";
import type { Conflict, EventualStatus, EventualValue, StateRequest } from "../requests.ts";
import { Caretaker } from "./caretaker.ts";
import { Conflicts } from "./conflicts.ts";
import { newestStamp } from "./contribution.ts";
import { isOnBehalf, type Source } from "./eventual-key.ts";
import { Graves } from "./graves.ts";
import { KeyTable } from "./key-table.ts";
import { DEFAULT_PAGE, MAX_CONFLICTS, MAX_PAGE, MAX_PAGE_BYTES } from "./limits.ts";
import { Presence } from "./presence.ts";
import { read } from "./reading.ts";
import { Skew } from "./skew.ts";
import type { Surroundings } from "./surroundings.ts";
import { keyUnknown, Writer } from "./writer.ts";

export class EventualState {
  readonly #around: Surroundings;
  readonly #table = new KeyTable();
  readonly #clock = new HybridLogicalClock();
  readonly #skew: Skew;
  readonly #conflicts: Conflicts;
  readonly #graves: Graves;
  readonly #caretaker: Caretaker;
  readonly #presence: Presence;
  readonly #writer: Writer;

  constructor(around: Surroundings) {
    this.#around = around;
    const { config, metrics } = around;
    this.#skew = new Skew(config.state, metrics);
    this.#conflicts = new Conflicts(config.state, metrics);
    this.#presence = new Presence(around);
    this.#graves = new Graves(around, this.#table);
    this.#caretaker = new Caretaker(around, this.#table, this.#graves, this.#presence);
    this.#writer = new Writer(around, this.#table, this.#clock);
  }

  request(request: StateRequest, now: Millis, out: Outbox): Reply {
    switch (request.kind) {
      case "state-eventual-put":
        return this.#writer.put(request, now, out);
      case "state-eventual-delete":
        return this.#writer.delete(request, now, out);
      case "state-eventual-get": {
        const value = this.read(request.key);
        return value ? answered(value) : keyUnknown(request.key);
      }
      case "state-eventual-list":
        return this.#list(request);
      case "state-conflicts":
        return this.#listConflicts(request);
      default:
        return unreachable(request);
    }
  }

  /** Undefined for a key that has nothing to read. */
  read(key: string): EventualValue | undefined {
    const found = this.#table.get(key);
    return found && !found.isDead ? read(key, found.state, this.#around.config.state) : undefined;
  }

  // ── What the store tells ───────────────────────────────────────────────────────────────────────────────────────────

  admits(rumor: Rumor, now: Millis): boolean {
    return this.#skew.admits(rumor, now);
  }

  changed(origin: HubId, recordKey: string, body: RecordBody | null, now: Millis): void {
    if (recordKey === recordKeys.stateGraves) return this.#heardOfGraves(origin, body, now);
    const named = readStateKey(recordKey);
    if (!named) return;
    if (body?.kind === "state" && body.contribution !== null)
      return this.#hear(named.key, {
        origin,
        recordKey,
        replica: named.replica,
        saidIn: body.saidIn.toString(36),
        contribution: body.contribution,
        since: now,
      });
    const known = this.#table.get(named.key);
    if (!known) return;
    known.silence(origin, recordKey, now);
    this.#caretaker.lookAt(named.key, now);
  }

  /** What was removed while this hub was away may have been forgotten, so that its own words would bring it back. */
  awayTooLong(now: Millis, out: Outbox): void {
    const { self, config } = this.#around;
    const body: StateRecord = { kind: "state", contribution: null, saidIn: this.#around.replica };
    const expiresAt = now + config.registry.tombstoneTtlMs;
    let discarded = 0;
    for (const key of [...this.#table.all()]) {
      for (const { origin, recordKey } of [...key.sources]) {
        if (origin !== self) continue;
        this.#around.publish(recordKey, body, "normal", expiresAt, now, out);
        discarded += 1;
      }
      key.reset(now);
      if (key.isForgotten) this.#table.forget(key.key);
    }
    if (discarded > 0) out.log("warn", "state_discarded_after_absence", { words: discarded });
  }

  // ── Time ───────────────────────────────────────────────────────────────────────────────────────────────────────────

  nextDeadline(): Millis {
    if (this.#presence.hasNews || this.#skew.hasNews) return 0;
    return Math.min(this.#caretaker.nextDeadline(), this.#graves.nextDeadline());
  }

  tick(now: Millis, out: Outbox): void {
    const late = this.#skew.takeNews();
    if (late) out.log("warn", "state_clock_skew", { hub: late.hub, ahead_ms: late.aheadMs });
    if (this.#presence.hasNews) this.#reviewPresence(now, out);
    this.#graves.tick(now, out);
    this.#caretaker.tick(now, out);
  }

  // ── What it says of itself ─────────────────────────────────────────────────────────────────────────────────────────

  status(now: Millis): EventualStatus {
    const removed = [...this.#table.all()].filter(({ isDead }) => isDead).length;
    return {
      keys: this.#table.size - removed,
      removed_keys: removed,
      conflicts_open: this.#conflicts.open,
      clock: { ahead_ms: this.#clock.aheadOf(now), ...this.#skew.status() },
    };
  }

  limits(): Readonly<Record<string, { readonly used: number; readonly max: number }>> {
    return {
      state_keys: { used: this.#table.size, max: this.#around.config.state.maxKeys },
      state_conflicts: { used: this.#conflicts.size, max: MAX_CONFLICTS },
    };
  }

  /** Of every key, removed ones included, what tells its state from another. */
  fingerprints(): ReadonlyMap<string, number> {
    return new Map([...this.#table.all()].map((key) => [key.key, key.fingerprint]));
  }

  #hear(name: string, source: Source): void {
    const { origin, contribution, since: now } = source;
    this.#clock.observe(newestStamp(contribution));
    const key = this.#table.at(name);
    const { saysLess } = key.hear(source);
    this.#conflicts.review(name, key.state, contribution.entries, now);
    const isOwnCopy = isOnBehalf(source) && origin === this.#around.self;
    const isAway = this.#presence.goneSince(source) !== null;
    if (key.isDead || isAway || isOwnCopy || saysLess) this.#caretaker.lookAt(name, now);
  }

  #heardOfGraves(origin: HubId, body: RecordBody | null, now: Millis): void {
    this.#graves.heard(origin, body?.kind === "state-graves" ? body : null);
    for (const key of this.#table.all()) if (key.isDead) this.#caretaker.lookAt(key.key, now);
  }

  #reviewPresence(now: Millis, out: Outbox): void {
    const { changed, wasAloneFor } = this.#presence.review(now);
    if (wasAloneFor !== null && wasAloneFor >= this.#around.config.registry.tombstoneTtlMs) this.awayTooLong(now, out);
    if (changed.size === 0) return;
    this.#graves.changed(now);
    for (const key of this.#table.all()) {
      if (key.isDead || [...key.sources].some(({ origin }) => changed.has(origin)))
        this.#caretaker.lookAt(key.key, now);
    }
  }

  #list({ prefix, cursor, limit }: Extract<StateRequest, { kind: "state-eventual-list" }>): Reply {
    const size = pageSize(limit);
    const keys: EventualValue[] = [];
    let bytes = 0;
    for (const { key } of this.#table.from(prefix, cursor)) {
      if (keys.length === size || bytes > MAX_PAGE_BYTES)
        return answered({ keys, next_cursor: keys.at(-1)?.key ?? null });
      const value = this.read(key);
      if (!value) continue;
      keys.push(value);
      bytes += JSON.stringify(value).length;
    }
    return answered({ keys, next_cursor: null });
  }

  #listConflicts({ prefix = "", cursor, limit }: Extract<StateRequest, { kind: "state-conflicts" }>): Reply {
    const before = cursor === undefined ? Number.POSITIVE_INFINITY : Number(cursor);
    if (Number.isNaN(before))
      return refused(400, "cursor_invalid", "The cursor is none that a page of conflicts gave. Begin without one.");
    const size = pageSize(limit);
    const conflicts: Conflict[] = [];
    for (const [, conflict] of this.#conflicts.list(prefix, before)) {
      if (conflicts.length === size) return answered({ conflicts, next_cursor: conflicts.at(-1)?.conflict_id ?? null });
      conflicts.push(conflict);
    }
    return answered({ conflicts, next_cursor: null });
  }
}

function pageSize(limit: number = DEFAULT_PAGE): number {
  return Math.min(MAX_PAGE, Math.max(1, limit));
}
