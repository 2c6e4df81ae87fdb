/** What one hub's database holds: a step's writes land all together or not at all. */
import type { StoredIdentity, StoredOutcome, StoredVote, StoredWrite } from "../../hub-core/common/outbox.ts";
import { type GroupId, type HubId, type HubIdentity, unreachable } from "../../hub-core/common/types.ts";
import type { StoredLog, StoredState } from "../../hub-core/hub/contract.ts";

interface Log {
  vote: StoredVote | null;
  snapshot: Uint8Array | null;
  readonly entries: Map<number, { readonly bytes: Uint8Array; readonly commit: number }>;
}

export class Storage {
  #identity: StoredIdentity | null = null;
  readonly #records = new Map<string, Uint8Array>();
  readonly #peers = new Map<HubId, HubIdentity>();
  readonly #outcomes = new Map<string, StoredOutcome>();
  readonly #logs = new Map<GroupId, Log>();
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
      logs: new Map([...this.#logs].flatMap(([group, log]) => (log.vote ? [[group, loaded(log, log.vote)]] : []))),
    };
  }

  lose(): void {
    this.#identity = null;
    this.#records.clear();
    this.#peers.clear();
    this.#outcomes.clear();
    this.#logs.clear();
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
      case "raft-vote":
        if (write.value === null) this.#logs.delete(write.group);
        else this.#log(write.group).vote = write.value;
        return;
      case "raft-entry":
        this.#log(write.group).entries.set(write.index, { bytes: write.bytes.slice(), commit: write.commit });
        return;
      case "raft-truncate":
        forget(this.#log(write.group), (index) => index >= write.from);
        return;
      case "raft-snapshot":
        this.#log(write.group).snapshot = write.bytes.slice();
        forget(this.#log(write.group), (index) => index <= write.upTo);
        return;
      default:
        return unreachable(write);
    }
  }

  #log(group: GroupId): Log {
    let log = this.#logs.get(group);
    if (!log) {
      log = { vote: null, snapshot: null, entries: new Map() };
      this.#logs.set(group, log);
    }
    return log;
  }
}

function forget(log: Log, which: (index: number) => boolean): void {
  for (const index of [...log.entries.keys()]) if (which(index)) log.entries.delete(index);
}

function loaded(log: Log, vote: StoredVote): StoredLog {
  const entries = [...log.entries].map(([index, { bytes }]) => ({ index, bytes })).sort((a, b) => a.index - b.index);
  const commit = Math.max(0, ...[...log.entries.values()].map((entry) => entry.commit));
  return { vote, snapshot: log.snapshot, entries, commit };
}
