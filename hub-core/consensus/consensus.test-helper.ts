/** A disk and an outbox, for one replica in a test. */
import type { Notice, StoredLog, StoredVote, StoredWrite } from "../common/outbox.ts";
import type { Reply } from "../common/problem.ts";
import type { GroupId, HubId } from "../common/types.ts";
import { type Configuration, type Entry, encodeEntry, encodeSnapshot } from "../wire/log.ts";
import type { Message, MessageOf } from "../wire/messages.ts";
import type { ConsensusOutbox } from "./consensus.ts";
import type { RaftTiming } from "./raft/index.ts";

export const GROUP: GroupId = "global";
export const LINEAGE = 7;
export const TIMING: RaftTiming = { heartbeatMs: 100, electionMs: 1_000, quietAfterMs: 2_000 };

export const replicaOf = (hubId: HubId, replica = 1) => ({ hubId, replica });

export interface ConfigurationParts {
  readonly outgoing?: readonly HubId[] | null;
  readonly learners?: readonly HubId[];
  readonly threshold?: number;
}

export function votersOf(voters: readonly HubId[], parts: ConfigurationParts = {}): Configuration {
  const { outgoing = null, learners = [], threshold = 0 } = parts;
  const each = (ids: readonly HubId[]) => ids.map((id) => replicaOf(id));
  return { voters: each(voters), outgoing: outgoing && each(outgoing), learners: each(learners), threshold };
}

/** As SQLite keeps it: what is written replaces what was. */
export class Disk {
  vote: StoredVote = { lineage: 0, term: 0, votedFor: null };
  snapshot: Uint8Array | null = null;
  readonly entries = new Map<number, Uint8Array>();
  /** With which each entry was written. */
  readonly commits = new Map<number, number>();

  write(write: StoredWrite): void {
    switch (write.table) {
      case "raft-vote":
        this.vote = write.value ?? this.vote;
        return;
      case "raft-entry":
        this.entries.set(write.index, write.bytes);
        this.commits.set(write.index, write.commit);
        return;
      case "raft-truncate":
        for (const index of this.entries.keys()) if (index >= write.from) this.entries.delete(index);
        return;
      case "raft-snapshot":
        this.snapshot = write.bytes;
        for (const index of this.entries.keys()) if (index <= write.upTo) this.entries.delete(index);
        return;
      default:
        throw new Error(`consensus does not write ${write.table}`);
    }
  }

  load(): StoredLog {
    const entries = [...this.entries].sort(([a], [b]) => a - b).map(([index, bytes]) => ({ index, bytes }));
    const commit = Math.max(0, ...entries.map(({ index }) => this.commits.get(index) ?? 0));
    return { vote: this.vote, snapshot: this.snapshot, entries, commit };
  }

  copy(): Disk {
    const disk = new Disk();
    disk.vote = this.vote;
    disk.snapshot = this.snapshot;
    for (const [index, bytes] of this.entries) disk.entries.set(index, bytes);
    for (const [index, commit] of this.commits) disk.commits.set(index, commit);
    return disk;
  }
}

export interface LogSetup {
  readonly configuration: Configuration;
  /** Of the entries from 1 on, as in the figures of the paper. */
  readonly terms?: readonly number[];
  readonly term?: number;
  /** Its first replica. */
  readonly votedFor?: HubId | null;
  readonly at?: number;
  /** Of the state before the first entry. */
  readonly data?: Uint8Array;
}

/** A disk with a log of empty entries; the configuration stands before the first, in a snapshot of nothing. */
export function diskWith(setup: LogSetup): Disk {
  const {
    configuration,
    terms = [],
    term = terms.at(-1) ?? 0,
    votedFor = null,
    at = 0,
    data = new Uint8Array(),
  } = setup;
  const disk = new Disk();
  disk.vote = { lineage: LINEAGE, term, votedFor: votedFor === null ? null : replicaOf(votedFor) };
  disk.snapshot = encodeSnapshot({ index: 0, term: 0, at: 0, configuration, data });
  terms.forEach((each, i) => {
    disk.entries.set(i + 1, emptyEntry(each, at));
  });
  return disk;
}

export function emptyEntry(term: number, at = 0): Uint8Array<ArrayBuffer> {
  return entryOf({ term, at, body: { kind: "noop" } });
}

export function entryOf(entry: Entry): Uint8Array<ArrayBuffer> {
  return encodeEntry(entry);
}

export interface Sent {
  readonly to: HubId;
  readonly message: Message;
}

export class TestOutbox implements ConsensusOutbox {
  readonly disk: Disk;
  readonly sent: Sent[] = [];
  readonly written: StoredWrite[] = [];
  /** Written after something was sent in the same step. */
  readonly late: StoredWrite[] = [];
  readonly logged: string[] = [];
  readonly replies = new Map<string, Reply>();
  readonly cutOff = new Set<HubId>();

  constructor(disk: Disk) {
    this.disk = disk;
  }

  send(to: HubId, message: Message): boolean {
    if (this.cutOff.has(to)) return false;
    this.sent.push({ to, message });
    return true;
  }

  connected(to: HubId): boolean {
    return !this.cutOff.has(to);
  }

  dial(): boolean {
    return true;
  }

  persist(write: StoredWrite): void {
    if (this.sent.length > 0) this.late.push(write);
    this.written.push(write);
    this.disk.write(write);
  }

  check(): void {
    throw new Error("consensus checks no cluster");
  }

  notify(notice: Notice): void {
    throw new Error(`consensus raises no ${notice.kind}`);
  }

  log(_level: string, event: string): void {
    this.logged.push(event);
  }

  reply(id: string, reply: Reply): void {
    if (this.replies.has(id)) throw new Error(`${id} is answered twice`);
    this.replies.set(id, reply);
  }

  /** What was sent since it was last asked. */
  take(): Sent[] {
    return this.sent.splice(0);
  }

  takeOf<K extends Message["kind"]>(kind: K): (MessageOf<K> & { readonly sentTo: HubId })[] {
    return this.take().flatMap(({ to, message }) =>
      message.kind === kind ? [{ ...(message as MessageOf<K>), sentTo: to }] : [],
    );
  }
}
