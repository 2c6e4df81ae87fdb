/**
 * Strong keys: a group-wide revision, compare-and-set, fencing tokens, leases and watches, after etcd's data model.
 * Every operation is checked whole before it changes anything.
 */
import { isJson } from "../../common/is-json.ts";
import { answered, type Reply } from "../../common/problem.ts";
import { type GroupId, type Millis, unreachable } from "../../common/types.ts";
import type { Reader, Writer } from "../../wire/bytes.ts";
import type {
  ChangesAnswer,
  ChangesPage,
  Expectation,
  Fence,
  KeyPage,
  KeyValueOperation,
  KeyValues,
  KeyValueUsage,
} from "../../wire/key-values.ts";
import type { OperationOf } from "../../wire/log.ts";
import { changesSince, keyAnswer, leaseAnswer, listKeys, standingOf } from "./answers.ts";
import { KeySpace } from "./key-space.ts";
import { type Lease, Leases } from "./leases.ts";
import {
  MAX_BYTES,
  MAX_CHANGE_BYTES,
  MAX_CHANGES,
  MAX_KEYS,
  MAX_LEASE_MS,
  MAX_LEASES,
  MIN_LEASE_MS,
} from "./limits.ts";
import {
  fencedOff,
  keyUnknown,
  leaseExists,
  leaseTtl,
  leaseUnknown,
  noRoom,
  notJson,
  versionMismatch,
} from "./refusals.ts";
import { readContents, writeContents } from "./stored-form.ts";
import { utf8Bytes } from "./stored-key.ts";

export class StrongKeyValues implements KeyValues {
  readonly #group: GroupId;
  #leases = new Leases();
  #space = new KeySpace(this.#leases);

  constructor(group: GroupId) {
    this.#group = group;
  }

  get revision(): number {
    return this.#space.revision;
  }

  apply(operation: KeyValueOperation, at: Millis): Reply {
    switch (operation.kind) {
      case "put":
        return this.#put(operation);
      case "delete":
        return this.#delete(operation);
      case "lease-grant":
        return this.#grant(operation.lease, operation.ttlMs, at);
      case "lease-renew":
        return this.#renew(operation.lease, at);
      case "lease-revoke":
        return this.#revoke(operation.lease);
      default:
        return unreachable(operation);
    }
  }

  meets(key: string, expect: Expectation): boolean {
    return expect === null || expect.version === (this.#space.get(key)?.version ?? 0);
  }

  // ── Writes ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  #put({ key, value, expect, fence, lease }: OperationOf<"put">): Reply {
    const before = this.#space.get(key);
    const refusal = this.#precondition(key, expect, fence);
    if (refusal) return refusal;
    if (lease !== null && !this.#leases.get(lease)) return leaseUnknown(lease);
    // Every answer holds the value as JSON, so one that is none never enters.
    if (!isJson(value)) return notJson(key);
    if (!before && this.#space.size >= MAX_KEYS) return noRoom("key", this.usage());
    const grows = utf8Bytes(key) + utf8Bytes(value) - (before?.bytes ?? 0);
    if (grows > 0 && this.#space.bytes + grows > MAX_BYTES) return noRoom("value", this.usage());
    const put = this.#space.put(key, value, lease);
    return answered({ ...standingOf(put), revision: put.version, group: this.#group }, before ? 200 : 201);
  }

  #delete({ key, expect, fence }: OperationOf<"delete">): Reply {
    const refusal = this.#precondition(key, expect, fence);
    if (refusal) return refusal;
    const before = this.#space.get(key);
    if (!before) return keyUnknown(key);
    this.#space.delete([key]);
    return answered({ key, deleted: true, version: before.version, revision: this.revision, group: this.#group });
  }

  /** The fence first: who has lost a lock is told so, whatever else is wrong. */
  #precondition(key: string, expect: Expectation, fence: Fence | null): Reply<never> | null {
    if (fence !== null) {
      const held = this.#space.get(fence.key);
      if (held?.heldSince !== fence.token) return fencedOff(fence, held);
    }
    if (this.meets(key, expect)) return null;
    return versionMismatch(key, expect?.version ?? 0, this.#space.get(key));
  }

  // ── Leases ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  #grant(name: string, ttlMs: number, at: Millis): Reply {
    if (ttlMs < MIN_LEASE_MS || ttlMs > MAX_LEASE_MS) return leaseTtl(ttlMs);
    if (this.#leases.get(name)) return leaseExists(name);
    if (this.#leases.size >= MAX_LEASES) return noRoom("lease", this.usage());
    const lease: Lease = { lease: name, ttlMs, grantedAt: at, expiresAt: at + ttlMs, keys: new Set() };
    this.#leases.add(lease);
    return answered(leaseAnswer(lease, this.#group), 201);
  }

  #renew(name: string, at: Millis): Reply {
    const lease = this.#leases.get(name);
    if (!lease) return leaseUnknown(name);
    this.#leases.extend(lease, at);
    return answered(leaseAnswer(lease, this.#group));
  }

  #revoke(name: string): Reply {
    const lease = this.#leases.get(name);
    if (!lease) return leaseUnknown(name);
    const keys = lease.keys.size;
    this.#end(lease);
    return answered({ lease_id: name, revoked: true, keys_deleted: keys, revision: this.revision, group: this.#group });
  }

  lapse(at: Millis): void {
    for (const lease of this.#leases.due(at)) this.#end(lease);
  }

  refill(at: Millis): void {
    this.#leases.refill(at);
  }

  nextLapse(): Millis {
    return this.#leases.nextExpiry();
  }

  #end(lease: Lease): void {
    this.#space.delete([...lease.keys].sort());
    this.#leases.remove(lease);
  }

  // ── Stored ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  write(writer: Writer): void {
    writeContents(writer, this.#space, this.#leases);
  }

  read(reader: Reader): () => void {
    const { space, leases } = readContents(reader);
    return () => {
      this.#space = space;
      this.#leases = leases;
    };
  }

  // ── Answers ────────────────────────────────────────────────────────────────────────────────────────────────────────

  get(key: string): Reply {
    const held = this.#space.get(key);
    if (!held) return keyUnknown(key);
    return answered({ ...keyAnswer(held), revision: this.revision, group: this.#group });
  }

  list(asked: KeyPage): Reply {
    return listKeys(this.#space, this.#group, asked);
  }

  changes(asked: ChangesPage): Reply<ChangesAnswer> {
    return changesSince(this.#space, this.#group, asked);
  }

  lease(name: string): Reply {
    const lease = this.#leases.get(name);
    if (!lease) return leaseUnknown(name);
    return answered({ ...leaseAnswer(lease, this.#group), keys: [...lease.keys].sort() });
  }

  usage(): KeyValueUsage {
    const { size, bytes, history } = this.#space;
    return {
      keys: { used: size, max: MAX_KEYS },
      bytes: { used: bytes, max: MAX_BYTES },
      leases: { used: this.#leases.size, max: MAX_LEASES },
      changes: { used: history.size, max: MAX_CHANGES },
      change_bytes: { used: history.bytes, max: MAX_CHANGE_BYTES },
    };
  }
}
