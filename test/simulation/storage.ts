/** What one hub's database holds: a step's writes land all together or not at all. */
import type { StoredIdentity, StoredOutcome, StoredWrite } from "../../hub-core/common/outbox.ts";
import { type HubId, type HubIdentity, unreachable } from "../../hub-core/common/types.ts";
import type { StoredState } from "../../hub-core/hub/contract.ts";

export class Storage {
  #identity: StoredIdentity | null = null;
  readonly #records = new Map<string, Uint8Array>();
  readonly #peers = new Map<HubId, HubIdentity>();
  readonly #outcomes = new Map<string, StoredOutcome>();
  /** Goes up when everything is lost: what was promised before does not bind after. */
  #epoch = 0;
  #commits = 0;
  #rows = 0;

  get epoch(): number {
    return this.#epoch;
  }

  get identity(): StoredIdentity | null {
    return this.#identity;
  }

  get commits(): number {
    return this.#commits;
  }

  get rowsWritten(): number {
    return this.#rows;
  }

  commit(writes: readonly StoredWrite[]): void {
    if (writes.length === 0) return;
    this.#commits += 1;
    this.#rows += writes.length;
    for (const write of writes) this.#apply(write);
  }

  /** A copy: later commits do not show through. */
  load(): StoredState {
    return {
      identity: this.#identity,
      records: new Map(this.#records),
      peers: [...this.#peers.values()],
      outcomes: new Map(this.#outcomes),
    };
  }

  lose(): void {
    this.#identity = null;
    this.#records.clear();
    this.#peers.clear();
    this.#outcomes.clear();
    this.#epoch += 1;
  }

  #apply(write: StoredWrite): void {
    switch (write.table) {
      case "identity":
        this.#identity = write.value;
        return;
      case "record":
        if (write.bytes === null) this.#records.delete(write.key);
        else this.#records.set(write.key, write.bytes.slice());
        return;
      case "peer":
        if (write.value === null) this.#peers.delete(write.hubId);
        else this.#peers.set(write.hubId, write.value);
        return;
      case "outcome":
        if (write.value === null) this.#outcomes.delete(write.key);
        else this.#outcomes.set(write.key, write.value);
        return;
      default:
        return unreachable(write);
    }
  }
}
