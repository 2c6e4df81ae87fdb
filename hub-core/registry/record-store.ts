/** The replicated store: one log per origin, complete up to the vector. Pure bookkeeping; what records mean is `catalog.ts`. */
import { ChangeJournal } from "../common/change-journal.ts";
import type { Metrics } from "../common/metrics.ts";
import { type HubId, type Millis, unreachable } from "../common/types.ts";
import {
  isStateKey,
  type RecordBody,
  type Rumor,
  type RumorStore,
  readStateKey,
  recordKeys,
  rumor as rumorCodec,
  type VersionVector,
} from "../wire/catalog.ts";
import { NEWEST_VERSION } from "../wire/versions.ts";
import { MAX_ORIGINS, MAX_RECORDS } from "./limits.ts";
import { OriginLog } from "./origin-log.ts";
import { StateShare } from "./state-share.ts";
import { VectorDigest } from "./vector-digest.ts";

interface StoreListener {
  /** The body under `key` of `origin` is now this; null when it is gone. */
  changed(origin: HubId, key: string, body: RecordBody | null, now: Millis): void;
  /** False for a record of eventual state that cannot be taken yet: its clock runs ahead. */
  admits(rumor: Rumor, now: Millis): boolean;
  /** A peer has a record of this very hub that is newer than its own log: its storage was lost. */
  echoed(rumor: Rumor, now: Millis): void;
  /** A peer is complete to this number of this hub's own log. */
  numbered(upTo: number): void;
  /** A peer knows this hub's log only from before it began anew: its storage was lost. */
  remembered(): void;
}

export interface StoreOptions {
  readonly self: HubId;
  readonly maxRecordsPerOrigin: number;
  readonly metrics: Metrics;
  readonly listener: StoreListener;
}

export class RecordStore implements RumorStore {
  readonly #o: StoreOptions;
  readonly #logs = new Map<HubId, OriginLog>();
  readonly #digest = new VectorDigest();
  readonly stateShare = new StateShare();
  /** How far the logs were complete whose gaps were given up. */
  readonly #givenUp = new Map<HubId, number>();
  readonly #journal = new ChangeJournal<HubId>(JOURNAL_ENTRIES, 0);
  #version = 0;
  #records = 0;
  #nextExpiry: Millis = Number.POSITIVE_INFINITY;
  #vouchesForOwn = true;
  #firstOwn = 0;

  constructor(options: StoreOptions) {
    this.#o = options;
  }

  /** Less those of eventual state, which have their own share. */
  get records(): number {
    return this.#records - this.stateShare.records;
  }

  get origins(): number {
    return this.#logs.size;
  }

  /** When the first record may expire. */
  get nextExpiry(): Millis {
    return this.#nextExpiry;
  }

  vector(): VersionVector {
    const vector = new Map<HubId, number>();
    for (const [origin, log] of this.#logs) if (log.completeUpTo > 0) vector.set(origin, log.completeUpTo);
    if (!this.#vouchesForOwn) vector.delete(this.#o.self);
    return vector;
  }

  completeTo(origin: HubId): number {
    if (origin === this.#o.self && !this.#vouchesForOwn) return 0;
    return this.#logs.get(origin)?.completeUpTo ?? 0;
  }

  digest(): readonly [number, number] {
    return this.#digest.value;
  }

  covers(origin: HubId, seq: number, key: string): boolean {
    const log = this.#logs.get(origin);
    return log !== undefined && (log.seen(seq) || (log.newest(key)?.seq ?? 0) >= seq);
  }

  get(origin: HubId, seq: number): Rumor | undefined {
    return this.#logs.get(origin)?.at(seq);
  }

  newest(origin: HubId, key: string): Rumor | undefined {
    return this.#logs.get(origin)?.newest(key);
  }

  /** Goes up with every change of a log. */
  get version(): number {
    return this.#version;
  }

  /** The origins whose logs changed after `version`; null when that is too long ago to tell. */
  changedSince(version: number): readonly HubId[] | null {
    return this.#journal.since(version);
  }

  /** Whether any record of the origin is here. */
  holds(origin: HubId): boolean {
    return (this.#logs.get(origin)?.size ?? 0) > 0;
  }

  rumorsOf(origin: HubId): Iterable<Rumor> {
    return this.#logs.get(origin)?.rumors() ?? [];
  }

  changesSince(
    origin: HubId,
    after: number,
    maxBytes: number,
    form: (rumor: Rumor) => Rumor = (rumor) => rumor,
  ): { rumors: readonly Rumor[]; upTo: number; more: boolean } {
    const log = this.#logs.get(origin);
    if (!log) return { rumors: [], upTo: after, more: false };
    if (origin === this.#o.self && after > 0 && after < this.#firstOwn) this.#o.listener.remembered();
    // What this hub has given up asking for, others may still find.
    const vouched = this.#givenUp.get(origin) ?? log.completeUpTo;
    const rumors: Rumor[] = [];
    let room = maxBytes;
    for (const entry of log.since(after)) {
      room -= rumorCodec.size(entry, NEWEST_VERSION);
      // The first goes whatever its size, or a large one would block those behind it for ever.
      if (room < 0 && rumors.length > 0) {
        const upTo = (rumors.at(-1) as Rumor).seq;
        // Past a gap this log completes nothing: the rest is for another peer to ask of another.
        return { rumors, upTo: Math.min(upTo, vouched), more: upTo <= vouched };
      }
      rumors.push(form(entry));
    }
    return { rumors, upTo: Math.max(after, vouched), more: false };
  }

  apply(rumor: Rumor, _from: HubId, now: Millis): "applied" | "stale" | "rejected" {
    const { origin, seq, key } = rumor;
    if (origin === this.#o.self) {
      const log = this.#log(origin);
      const unknown = this.#vouchesForOwn ? seq > log.completeUpTo : seq > (log.newest(key)?.seq ?? 0);
      if (unknown) this.#o.listener.echoed(rumor, now);
      return "stale";
    }
    if (!isKeyOf(key, rumor.body)) return this.#reject("key");
    const log = this.#logs.get(origin) ?? this.#admit();
    if (!log) return this.#reject("origins");
    // What was given up and comes after all is as new as ever.
    if (log.seen(seq) && seq <= (this.#givenUp.get(origin) ?? seq)) return "stale";
    const known = log.newest(key);
    if (known && known.seq >= seq) {
      this.#see(origin, log, seq);
      return "stale";
    }
    if (rumor.expiresAt !== null && rumor.expiresAt <= now) {
      this.#see(origin, log, seq);
      return this.drop(origin, key, now) ? "applied" : "stale";
    }
    if (isStateKey(key)) {
      if (!this.stateShare.hasRoom(rumor, known)) return this.#reject("state");
      if (!this.#o.listener.admits(rumor, now)) return this.#reject("clock");
    } else if (!known && (log.catalogSize >= this.#o.maxRecordsPerOrigin || this.records >= MAX_RECORDS)) {
      return this.#reject("records");
    }
    this.#put(origin, log, rumor, now);
    this.#see(origin, log, seq);
    return "applied";
  }

  completeUpTo(origin: HubId, upTo: number): void {
    if (origin === this.#o.self) return this.#o.listener.numbered(upTo);
    const log = this.#logs.get(origin) ?? this.#admit();
    if (log) this.#complete(origin, log, upTo);
  }

  /** A record of this hub's own log: whatever is below it is known here by definition. */
  putOwn(rumor: Rumor, now: Millis): void {
    const log = this.#log(rumor.origin);
    this.#put(rumor.origin, log, rumor, now);
    this.#complete(rumor.origin, log, rumor.seq);
  }

  /** Own numbers up to this one are spent. */
  completeOwn(upTo: number): void {
    this.#complete(this.#o.self, this.#log(this.#o.self), upTo);
  }

  /** The own log begins anew at this number: what is below it is of a life that this hub has forgotten. */
  beginOwn(first: number): void {
    this.#firstOwn = first;
  }

  /** While this hub does not vouch for its own log, peers are asked for all that they have of it. */
  vouchForOwn(vouches: boolean): void {
    if (vouches === this.#vouchesForOwn) return;
    this.#vouchesForOwn = vouches;
    const { completeUpTo } = this.#log(this.#o.self);
    if (vouches) this.#digest.moved(this.#o.self, 0, completeUpTo);
    else this.#digest.moved(this.#o.self, completeUpTo, 0);
  }

  drop(origin: HubId, key: string, now: Millis): boolean {
    const dropped = this.#logs.get(origin)?.drop(key);
    if (!dropped) return false;
    this.#records -= 1;
    this.stateShare.dropped(dropped);
    this.#changed(origin);
    this.#o.listener.changed(origin, key, null, now);
    return true;
  }

  /** Drops what has expired, but for what `keep` still needs. @returns the keys dropped from this hub's own log. */
  expire(now: Millis, keep: (rumor: Rumor) => boolean): string[] {
    const own: string[] = [];
    let next = Number.POSITIVE_INFINITY;
    for (const [origin, log] of this.#logs) {
      const expired: string[] = [];
      for (const rumor of log.rumors()) {
        if (rumor.expiresAt === null) continue;
        if (rumor.expiresAt > now) next = Math.min(next, rumor.expiresAt);
        else if (!keep(rumor)) expired.push(rumor.key);
        else next = Math.min(next, now + KEPT_RECHECK_MS);
      }
      for (const key of expired) this.drop(origin, key, now);
      if (origin === this.#o.self) own.push(...expired);
    }
    this.#nextExpiry = next;
    return own;
  }

  /** Gaps of an origin that nobody alive can fill: what is here is all there will be while the origin is away. */
  giveUpGaps(origin: HubId): void {
    const log = this.#logs.get(origin);
    if (!log?.hasGap) return;
    if (!this.#givenUp.has(origin)) this.#givenUp.set(origin, log.completeUpTo);
    this.#complete(origin, log, log.highest);
  }

  /** The origin, or those who know more of it, can be asked again for what was given up. @returns whether anything was. */
  reopen(origin: HubId): boolean {
    const from = this.#givenUp.get(origin);
    const log = this.#logs.get(origin);
    this.#givenUp.delete(origin);
    if (from === undefined || log === undefined) return false;
    this.#digest.moved(origin, log.completeUpTo, from);
    log.reopen(from);
    this.#changed(origin);
    return true;
  }

  /** The records of an origin go; its place in the vector stays, so that peers do not send them again. */
  collect(origin: HubId, now: Millis): void {
    const log = this.#logs.get(origin);
    if (!log) return;
    for (const { key } of [...log.rumors()]) this.drop(origin, key, now);
  }

  /** As if never heard of: everything of the origin is asked for anew. */
  forget(origin: HubId, now: Millis): void {
    this.collect(origin, now);
    const log = this.#logs.get(origin);
    if (!log) return;
    this.#digest.moved(origin, log.completeUpTo, 0);
    this.#logs.delete(origin);
    this.#givenUp.delete(origin);
    this.#changed(origin);
  }

  gapped(): HubId[] {
    return [...this.#logs].filter(([, log]) => log.hasGap).map(([origin]) => origin);
  }

  #log(origin: HubId): OriginLog {
    let log = this.#logs.get(origin);
    if (!log) {
      log = new OriginLog();
      this.#logs.set(origin, log);
    }
    return log;
  }

  /** A log for an origin that is new; it joins the others with its first record. */
  #admit(): OriginLog | undefined {
    if (this.#logs.size < MAX_ORIGINS) return new OriginLog();
    for (const [origin, log] of this.#logs) {
      if (log.size > 0 || origin === this.#o.self) continue;
      this.#digest.moved(origin, log.completeUpTo, 0);
      this.#logs.delete(origin);
      return new OriginLog();
    }
    return undefined;
  }

  #put(origin: HubId, log: OriginLog, rumor: Rumor, now: Millis): void {
    this.#logs.set(origin, log);
    const before = log.newest(rumor.key);
    if (before) this.stateShare.dropped(before);
    else this.#records += 1;
    this.stateShare.put(rumor);
    log.put(rumor);
    this.#changed(origin);
    if (rumor.expiresAt !== null) this.#nextExpiry = Math.min(this.#nextExpiry, rumor.expiresAt);
    this.#o.listener.changed(origin, rumor.key, rumor.body, now);
  }

  #see(origin: HubId, log: OriginLog, seq: number): void {
    this.#logs.set(origin, log);
    const before = log.completeUpTo;
    log.see(seq);
    if (log.completeUpTo !== before) this.#changed(origin);
    if (log.completeUpTo !== before) this.#digest.moved(origin, before, log.completeUpTo);
  }

  #complete(origin: HubId, log: OriginLog, upTo: number): void {
    this.#logs.set(origin, log);
    const before = log.completeUpTo;
    log.complete(upTo);
    if (log.completeUpTo !== before) this.#changed(origin);
    if (origin === this.#o.self && !this.#vouchesForOwn) return;
    if (log.completeUpTo !== before) this.#digest.moved(origin, before, log.completeUpTo);
  }

  #changed(origin: HubId): void {
    this.#version += 1;
    this.#journal.add(this.#version, origin);
  }

  #reject(limit: string): "rejected" {
    this.#o.metrics.count("registry_rumors_rejected_total", 1, { limit });
    return "rejected";
  }
}

/** For those who follow the store by what changed. */
const JOURNAL_ENTRIES = 1_024;
const KEPT_RECHECK_MS = 60_000;

/** A key and its body belong together; `withdrawn` frees any key but those of eventual state: an old hub passes them on so. */
function isKeyOf(key: string, body: RecordBody): boolean {
  switch (body.kind) {
    case "hub":
    case "links":
    case "summary":
      return key === recordKeys[body.kind];
    case "cluster":
    case "tombstone":
      return key === recordKeys.cluster(body.clusterId);
    case "hub-state":
      return key === recordKeys.hubState(body.hubId);
    case "latency":
      return key === recordKeys.latency(body.from, body.to);
    case "test":
      return key === recordKeys.test(body.messageId);
    case "withdrawn":
      return !isStateKey(key);
    case "state":
      return readStateKey(key) !== undefined;
    case "state-graves":
      return key === recordKeys.stateGraves;
    default:
      return unreachable(body);
  }
}
