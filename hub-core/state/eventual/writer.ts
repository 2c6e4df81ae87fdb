/** This hub's own words of a key: what it says next, and whether there is room for it. */
import type { Outbox } from "../../common/outbox.ts";
import { answered, type Refusal, type Reply, refused } from "../../common/problem.ts";
import type { Json, Millis } from "../../common/types.ts";
import { recordKeys } from "../../wire/catalog.ts";
import { type Contribution, MAX_CONTRIBUTION_BYTES } from "../../wire/state-records.ts";
import { type Actor, actorOf, type Dot } from "../clocks/dot.ts";
import type { HybridLogicalClock } from "../clocks/hybrid-logical-clock.ts";
import type { EventualDelete, EventualOp, EventualPut, EventualValue } from "../requests.ts";
import { EMPTY, join, type KeyState, vouchedBy } from "../types/key-state.ts";
import { type KeyType, removeAll } from "../types/key-type.ts";
import { sizeOf, toContribution } from "./contribution.ts";
import { type EventualKey, said } from "./eventual-key.ts";
import type { KeyTable } from "./key-table.ts";
import { MAX_READ_BYTES } from "./limits.ts";
import { deltaOf, isRefusal, keyMistake, parseOp } from "./operations.ts";
import { read, stamped } from "./reading.ts";
import type { Surroundings } from "./surroundings.ts";

export class Writer {
  readonly #around: Surroundings;
  readonly #table: KeyTable;
  readonly #clock: HybridLogicalClock;
  readonly #actor: Actor;

  constructor(around: Surroundings, table: KeyTable, clock: HybridLogicalClock) {
    this.#around = around;
    this.#table = table;
    this.#clock = clock;
    this.#actor = actorOf(around.self, around.replica);
  }

  put({ key, op }: EventualPut, now: Millis, out: Outbox): Reply {
    const { config } = this.#around;
    const wanted = parseOp(op);
    if (isRefusal(wanted)) return wanted;
    const mistake = keyMistake(key, config.state) ?? this.#clockMistake(now) ?? this.#fullness(key);
    if (mistake) return mistake;
    const state = this.#table.get(key)?.state ?? EMPTY;
    const isNew = read(key, state, config.state) === undefined;
    const delta = deltaOf({ key, state, config: config.state, dot: () => this.#dot(now) }, wanted);
    if (isRefusal(delta)) return delta;
    const refusal = this.#say(key, delta, now, out);
    if (refusal) return refusal;
    const after = this.#table.get(key)?.state ?? EMPTY;
    return answered(read(key, after, config.state) ?? nothingLeft(key, wanted, after), isNew ? 201 : 200);
  }

  delete({ key }: EventualDelete, now: Millis, out: Outbox): Reply {
    const { config } = this.#around;
    const mistake = keyMistake(key, config.state) ?? this.#clockMistake(now);
    if (mistake) return mistake;
    const found = this.#table.get(key);
    if (!found || found.isDead) return keyUnknown(key);
    const refusal = this.#say(key, removeAll(found.state, this.#dot(now)), now, out);
    return refusal ?? answered({ key, value: null, ...stamped(key, found.state) });
  }

  #dot(now: Millis): Dot {
    return { actor: this.#actor, stamp: this.#clock.tick(now) };
  }

  /**
   * What this hub says of the key covers all that it said before. Of the two words that do, the shorter: what it said before
   * and this change, or all that it knows.
   */
  #say(key: string, delta: KeyState, now: Millis, out: Outbox): Refusal | null {
    const { self, replica } = this.#around;
    const recordKey = recordKeys.state(replica.toString(36), key);
    const found = this.#table.get(key);
    const before = found?.source(self, recordKey);
    const whole = join(found?.state ?? EMPTY, delta);
    if (readBytes(whole) > MAX_READ_BYTES && readBytes(whole) > readBytes(found?.state ?? EMPTY))
      return tooLarge("max_read_bytes", MAX_READ_BYTES, readBytes(whole));
    const words = [join(before ? said([before]) : EMPTY, delta), whole]
      .map((state) => toContribution(vouchedBy(state, this.#actor, this.#clock.last)))
      .map((contribution) => ({ contribution, bytes: sizeOf(contribution) ?? Number.POSITIVE_INFINITY }));
    const { contribution, bytes } = words.reduce((least, each) => (each.bytes < least.bytes ? each : least));
    if (bytes > MAX_CONTRIBUTION_BYTES) return tooLarge("max_contribution_bytes", MAX_CONTRIBUTION_BYTES, bytes);
    return this.#publish(recordKey, contribution, now, out) ? null : noRoom();
  }

  #publish(recordKey: string, contribution: Contribution, now: Millis, out: Outbox): boolean {
    const body = { kind: "state", contribution, saidIn: this.#around.replica } as const;
    return this.#around.publish(recordKey, body, "normal", null, now, out);
  }

  #clockMistake(now: Millis): Refusal | null {
    const aheadMs = this.#clock.aheadOf(now);
    const { maxClockSkewMs } = this.#around.config.state;
    if (aheadMs <= maxClockSkewMs) return null;
    const detail =
      `This hub has written, or taken from others, stamps that are ${aheadMs} ms ahead of its clock, and others would refuse ` +
      `what is more than ${maxClockSkewMs} ms ahead of theirs. Set its clock, or try again in ${Math.ceil(aheadMs / 1_000)} s.`;
    return refused(503, "clock_skew", detail, { ahead_ms: aheadMs, max_clock_skew_ms: maxClockSkewMs });
  }

  #fullness(key: string): Refusal | null {
    const { maxKeys } = this.#around.config.state;
    if (this.#table.get(key) || this.#table.size < maxKeys) return null;
    const detail = `This hub keeps ${maxKeys} eventual keys (state.max_keys), and has them. Remove some, or allow more.`;
    return refused(507, "capacity_exhausted", detail, { limits: { max_keys: maxKeys, used: this.#table.size } });
  }
}

export function keyUnknown(key: string): Refusal {
  return refused(404, "key_unknown", `There is no eventual key ${JSON.stringify(key)}.`);
}

/** Of what can be read: names and values. */
function readBytes({ entries }: KeyState): number {
  let bytes = 0;
  for (const { field, value } of entries.values()) bytes += field.length + value.length;
  return bytes;
}

const EMPTIES: Readonly<Record<KeyType, Json>> = { map: {}, set: [], counter: 0, mv: null, lww: null };

/** After the last element was removed: the key is gone with it. */
function nothingLeft(key: string, { type }: EventualOp, state: EventualKey["state"]): EventualValue {
  return { key, type, value: EMPTIES[type], ...stamped(key, state) };
}

function tooLarge(limit: string, max: number, used: number): Refusal {
  const detail = "The key would hold more than one update can carry. Remove something from it, or use several keys.";
  return refused(507, "capacity_exhausted", detail, { limits: { [limit]: max, used } });
}

function noRoom(): Refusal {
  const detail =
    "This hub's share for eventual state is used up (state_records or state_bytes in the status). Remove keys.";
  return refused(507, "capacity_exhausted", detail);
}
