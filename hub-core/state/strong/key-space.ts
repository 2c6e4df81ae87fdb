/** The keys of a group, their revision, and what changed: every step of it is one revision. */
import { invariant } from "../../common/types.ts";
import type { Leases } from "./leases.ts";
import { SortedKeys } from "./sorted-keys.ts";
import { type StoredKey, utf8Bytes } from "./stored-key.ts";
import { WatchHistory } from "./watch-history.ts";

export class KeySpace {
  readonly #keys = new Map<string, StoredKey>();
  readonly sorted: SortedKeys;
  readonly history: WatchHistory;
  readonly #leases: Leases;
  #revision: number;
  #bytes = 0;

  /** `keys`: sorted; their leases are in `leases`. */
  constructor(leases: Leases, revision = 0, keys: readonly StoredKey[] = [], history = new WatchHistory()) {
    this.#leases = leases;
    this.#revision = revision;
    this.history = history;
    this.sorted = new SortedKeys(keys.map(({ key }) => key));
    for (const key of keys) this.#hold(key);
  }

  get revision(): number {
    return this.#revision;
  }

  get size(): number {
    return this.#keys.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(key: string): StoredKey | undefined {
    return this.#keys.get(key);
  }

  put(key: string, value: string, lease: string | null): StoredKey {
    const before = this.#keys.get(key);
    this.#revision += 1;
    const put: StoredKey = {
      key,
      value,
      version: this.#revision,
      createdAt: before?.createdAt ?? this.#revision,
      heldSince: before !== undefined && before.lease === lease ? before.heldSince : this.#revision,
      lease,
      bytes: utf8Bytes(key) + utf8Bytes(value),
    };
    if (before) this.#letGo(before);
    else this.sorted.add(key);
    this.#hold(put);
    this.history.add({ revision: this.#revision, key, put });
    return put;
  }

  /** All in one revision; none is no change. */
  delete(keys: readonly string[]): void {
    if (keys.length === 0) return;
    this.#revision += 1;
    for (const key of keys) {
      const before = this.#keys.get(key);
      invariant(before !== undefined, "only keys that are there are deleted");
      this.#letGo(before);
      this.#keys.delete(key);
      this.sorted.delete(key);
      this.history.add({ revision: this.#revision, key, put: null });
    }
  }

  #hold(key: StoredKey): void {
    this.#keys.set(key.key, key);
    this.#bytes += key.bytes;
    if (key.lease === null) return;
    const lease = this.#leases.get(key.lease);
    invariant(lease !== undefined, "a key is attached to a lease that there is");
    lease.keys.add(key.key);
  }

  #letGo({ key, bytes, lease }: StoredKey): void {
    this.#bytes -= bytes;
    if (lease !== null) this.#leases.get(lease)?.keys.delete(key);
  }
}
