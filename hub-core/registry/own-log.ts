/** This hub's own log: every change gets the next number, is stored when it must survive, and is handed to gossip. */
import type { Metrics } from "../common/metrics.ts";
import type { Outbox } from "../common/outbox.ts";
import { type HubId, invariant, type Millis } from "../common/types.ts";
import {
  isStateKey,
  isUncarried,
  type Priority,
  type RecordBody,
  type Rumor,
  recordKeys,
  rumor as rumorCodec,
} from "../wire/catalog.ts";
import { DecodeError, decode, encode } from "../wire/codec.ts";
import { NEWEST_VERSION } from "../wire/versions.ts";
import { MAX_LATENCIES, MAX_TESTS } from "./limits.ts";
import type { RecordStore } from "./record-store.ts";

/** Numbers are reserved in blocks, so that a change costs no write of the ceiling. */
export const SEQ_BLOCK = 1_000;
/** No hub uses numbers faster than this for long, restarts included, each of which skips the rest of a block. */
const MS_PER_NUMBER = 1;

export interface OwnLogOptions {
  readonly self: HubId;
  readonly store: RecordStore;
  readonly seqCeiling: number;
  /** Of this life of the hub's storage. */
  readonly firstStartedAt: Millis;
  readonly maxTombstones: number;
  readonly maxWithdrawals: number;
  readonly metrics: Metrics;
  reserveSeq(upTo: number): void;
  /** Whether a tombstone still keeps another hub's record from coming back. */
  hides(rumor: Rumor): boolean;
}

export interface Publication {
  readonly key: string;
  readonly body: RecordBody;
  readonly priority: Priority;
  readonly expiresAt: Millis | null;
  /** False for what the next start says anew: loads, measurements. */
  readonly durable: boolean;
}

export interface LatencyShortage {
  readonly max_latencies: number;
  readonly used: number;
  /** Pairs that the log does not hold yet. */
  readonly wanted: number;
}

export class OwnLog {
  readonly #o: OwnLogOptions;
  /** The last number used. */
  #seq: number;
  #ceiling: number;
  #floor = 0;

  constructor(options: OwnLogOptions) {
    this.#o = options;
    this.#ceiling = options.seqCeiling;
    this.#seq = Math.max(0, options.seqCeiling - 1);
    if (this.#seq === 0) return;
    options.store.completeOwn(this.#seq);
    // Where `begin` had the numbers begin. A log of before they went by the clock is still below that.
    const beforeFirst = numberAt(options.firstStartedAt);
    if (this.#seq > beforeFirst) options.store.beginOwn(beforeFirst + 1);
  }

  /** Numbers up to this one are in use out there though this hub has forgotten them; false when they are known of. */
  jump(upTo: number): boolean {
    if (upTo <= Math.max(this.#seq, this.#floor)) return false;
    this.#floor = upTo;
    return true;
  }

  /** Numbers that peers may know another record by. */
  isDisputed({ seq }: Rumor): boolean {
    return seq <= this.#floor;
  }

  /**
   * With nothing in storage this is a new hub, or one that has lost its log. Numbers go by the clock then, so that they are
   * above those of a former life, and a peer that knows only lower ones gives the loss away.
   */
  begin(now: Millis): void {
    if (this.#ceiling > 0) return;
    this.#seq = numberAt(now);
    this.#o.store.beginOwn(this.#seq + 1);
  }

  newest(key: string): Rumor | undefined {
    return this.#o.store.newest(this.#o.self, key);
  }

  rumors(): Rumor[] {
    return [...this.#o.store.rumorsOf(this.#o.self)];
  }

  /** @returns false when the log has no room for another record of this kind. */
  publish(publication: Publication, now: Millis, out: Outbox): boolean {
    const { key, body, priority, expiresAt, durable } = publication;
    const draft: Rumor = { origin: this.#o.self, seq: Number.MAX_SAFE_INTEGER, key, priority, expiresAt, body };
    invariant(!isUncarried(draft), "a hub says nothing that nobody takes");
    if (!this.#makeRoom(key, body, now, out)) return false;
    if (isStateKey(key) && !this.#o.store.stateShare.hasRoom(draft, this.newest(key))) return false;
    const rumor: Rumor = { ...draft, seq: this.#next() };
    this.#o.store.putOwn(rumor, now);
    if (durable) out.persist({ table: "record", key, bytes: storedBytes(rumor) });
    out.notify({ kind: "rumor-applied", rumor, from: null, hops: 0 });
    this.#o.metrics.count("registry_records_published_total", 1, { kind: body.kind });
    return true;
  }

  /** Why not all of these round trips would be kept, or null. */
  latencyShortage(keys: readonly string[]): LatencyShortage | null {
    const used = this.rumors().filter(({ body }) => body.kind === "latency").length;
    const wanted = [...new Set(keys)].filter((key) => this.newest(key)?.body.kind !== "latency").length;
    return used + wanted > MAX_LATENCIES ? { max_latencies: MAX_LATENCIES, used, wanted } : null;
  }

  forget(keys: readonly string[], out: Outbox): void {
    for (const key of keys) out.persist({ table: "record", key, bytes: null });
  }

  #next(): number {
    this.#seq = Math.max(this.#seq, this.#floor) + 1;
    if (this.#seq >= this.#ceiling) {
      this.#ceiling = this.#seq + SEQ_BLOCK;
      this.#o.reserveSeq(this.#ceiling);
    }
    invariant(this.#seq < this.#ceiling, "a number is reserved before it is used");
    return this.#seq;
  }

  #makeRoom(key: string, body: RecordBody, now: Millis, out: Outbox): boolean {
    if (this.newest(key)?.body.kind === body.kind) return true;
    const limit = this.#limitOf(body.kind);
    if (limit === null) return true;
    const peers = this.rumors().filter((rumor) => rumor.body.kind === body.kind);
    if (peers.length < limit) return true;
    if (body.kind === "latency") return false;
    peers.sort((a, b) => a.seq - b.seq);
    const oldest = peers.find((rumor) => !this.#o.hides(rumor)) ?? peers[0];
    invariant(oldest !== undefined, "a full log has an oldest record");
    this.#o.store.drop(this.#o.self, oldest.key, now);
    this.forget([oldest.key], out);
    this.#o.metrics.count("registry_records_displaced_total", 1, { kind: body.kind });
    return true;
  }

  #limitOf(kind: RecordBody["kind"]): number | null {
    switch (kind) {
      case "tombstone":
        return this.#o.maxTombstones;
      case "withdrawn":
        return this.#o.maxWithdrawals;
      case "latency":
        return MAX_LATENCIES;
      case "test":
        return MAX_TESTS;
      default:
        return null;
    }
  }
}

function numberAt(now: Millis): number {
  return Math.floor(now / MS_PER_NUMBER);
}

/** The protocol version goes first, so that a newer build reads what an older one stored. */
function storedBytes(rumor: Rumor): Uint8Array<ArrayBuffer> {
  const encoded = encode(rumorCodec, rumor, NEWEST_VERSION);
  const bytes = new Uint8Array(encoded.length + 1);
  bytes[0] = NEWEST_VERSION;
  bytes.set(encoded, 1);
  return bytes;
}

function readStored(bytes: Uint8Array): Rumor | DecodeError {
  const version = bytes[0];
  if (version === undefined) return new DecodeError("an empty record");
  return decode(rumorCodec, bytes.subarray(1), version);
}

/** The log in order, and the keys of what is not a record of this hub, or is none that others would take. */
export function readStoredLog(
  stored: ReadonlyMap<string, Uint8Array>,
  self: HubId,
): readonly [rumors: readonly Rumor[], unreadable: readonly string[]] {
  const rumors: Rumor[] = [];
  const unreadable: string[] = [];
  for (const [key, bytes] of stored) {
    const rumor = readStored(bytes);
    if (rumor instanceof DecodeError || rumor.origin !== self || rumor.key !== key || isUncarried(rumor))
      unreadable.push(key);
    else rumors.push(rumor);
  }
  return [rumors.sort((a, b) => a.seq - b.seq), unreadable];
}

/** Encoded size, or why the record cannot be encoded at all. */
export function recordSize(key: string, body: RecordBody): number | RangeError {
  const probe: Rumor = { origin: "", seq: 0, key, priority: "normal", expiresAt: null, body };
  try {
    return encode(rumorCodec, probe, NEWEST_VERSION).length;
  } catch (error) {
    if (error instanceof RangeError) return error;
    throw error;
  }
}

const PASSING: ReadonlySet<string> = new Set([recordKeys.summary, recordKeys.stateGraves]);

export const isDurable = (key: string): boolean => !PASSING.has(key) && !key.startsWith(recordKeys.test(""));
