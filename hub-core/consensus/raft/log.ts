/** The log of one replica from its snapshot on, and what of it is committed. Whoever changes it persists the change. */
import { type GroupId, invariant, type Millis } from "../../common/types.ts";
import { DecodeError } from "../../wire/codec.ts";
import {
  type Configuration,
  decodeEntry,
  decodeSnapshot,
  type Entry,
  encodeEntry,
  type Snapshot,
} from "../../wire/log.ts";

export interface LogEntry {
  readonly entry: Entry;
  /** As it is stored and sent. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export function logEntry(entry: Entry): LogEntry {
  return { entry, bytes: encodeEntry(entry) };
}

/** What a replica is before it has heard of its group: nobody votes. */
export const NO_CONFIGURATION: Configuration = { voters: [], outgoing: null, learners: [], threshold: 0 };

export class RaftLog {
  /** Where the entries begin: the snapshot's last, or nothing. */
  #base: Omit<Snapshot, "data"> = { index: 0, term: 0, at: 0, configuration: NO_CONFIGURATION };
  #entries: LogEntry[] = [];
  #bytes = 0;
  /** Configurations in the log, oldest first: the last is in force, also before it is committed (Raft §4.1). */
  #configurations: { readonly index: number; readonly configuration: Configuration }[] = [];

  get snapshotIndex(): number {
    return this.#base.index;
  }

  get snapshotTerm(): number {
    return this.#base.term;
  }

  get lastIndex(): number {
    return this.#base.index + this.#entries.length;
  }

  get lastTerm(): number {
    return this.#entries.at(-1)?.entry.term ?? this.#base.term;
  }

  /** Log time of the last entry. */
  get lastAt(): Millis {
    return this.#entries.at(-1)?.entry.at ?? this.#base.at;
  }

  /** Of the entries after the snapshot. */
  get bytes(): number {
    return this.#bytes;
  }

  get length(): number {
    return this.#entries.length;
  }

  get configuration(): Configuration {
    return this.#configurations.at(-1)?.configuration ?? this.#base.configuration;
  }

  get configurationIndex(): number {
    return this.#configurations.at(-1)?.index ?? this.#base.index;
  }

  configurationAt(index: number): Configuration {
    const found = this.#configurations.findLast((one) => one.index <= index);
    return found?.configuration ?? this.#base.configuration;
  }

  /** Undefined: not in the log, or compacted. */
  termAt(index: number): number | undefined {
    if (index === this.#base.index) return this.#base.term;
    return this.entry(index)?.entry.term;
  }

  entry(index: number): LogEntry | undefined {
    return this.#entries[index - this.#base.index - 1];
  }

  /** At most `maxEntries` from `from` on, and no more than `maxBytes` but for the first. */
  slice(from: number, maxEntries: number, maxBytes: number): LogEntry[] {
    const found: LogEntry[] = [];
    let bytes = 0;
    for (let index = from; found.length < maxEntries; index++) {
      const next = this.entry(index);
      if (!next) break;
      bytes += next.bytes.length;
      if (found.length > 0 && bytes > maxBytes) break;
      found.push(next);
    }
    return found;
  }

  append(added: LogEntry): number {
    const { entry, bytes } = added;
    invariant(entry.term >= this.lastTerm, "terms never go back in a log");
    this.#entries.push(added);
    this.#bytes += bytes.length;
    if (entry.body.kind === "configuration") {
      this.#configurations.push({ index: this.lastIndex, configuration: entry.body.configuration });
    }
    return this.lastIndex;
  }

  /** Entries from `from` on are another leader's. */
  truncate(from: number): void {
    invariant(from > this.#base.index, "a snapshot is never truncated");
    for (const dropped of this.#entries.splice(from - this.#base.index - 1)) this.#bytes -= dropped.bytes.length;
    this.#configurations = this.#configurations.filter(({ index }) => index < from);
  }

  /** The last index of a term up to `term`, no later than `from` (§5.3): where two logs may still agree. */
  lastOfTermUpTo(term: number, from: number): number {
    let index = Math.min(from, this.lastIndex);
    while (index > this.#base.index && (this.termAt(index) as number) > term) index -= 1;
    return index;
  }

  /** The entries up to `upTo` give way to a snapshot. @returns it, without its data. */
  compact(upTo: number): Omit<Snapshot, "data"> {
    const last = this.entry(upTo);
    invariant(last !== undefined, "a snapshot stands for entries that are there");
    const { term, at } = last.entry;
    const base = { index: upTo, term, at, configuration: this.configurationAt(upTo) };
    for (const dropped of this.#entries.splice(0, upTo - this.#base.index)) this.#bytes -= dropped.bytes.length;
    this.#configurations = this.#configurations.filter(({ index }) => index > upTo);
    this.#base = base;
    return base;
  }

  /** A leader's snapshot takes the place of the log, but for what follows it and agrees with it. */
  install({ index, term, at, configuration }: Omit<Snapshot, "data">): void {
    if (this.termAt(index) === term && index > this.#base.index) {
      this.compact(index);
      return;
    }
    this.#entries = [];
    this.#bytes = 0;
    this.#configurations = [];
    this.#base = { index, term, at, configuration };
  }
}

export interface StoredEntries {
  readonly snapshot: Uint8Array | null;
  readonly entries: readonly { readonly index: number; readonly bytes: Uint8Array }[];
}

/** Throws when storage does not hold what was stored: nothing safe can be done with it. */
export function loadLog(group: GroupId, stored: StoredEntries): { log: RaftLog; snapshot: Snapshot | null } {
  const log = new RaftLog();
  const snapshot = stored.snapshot === null ? null : decodeSnapshot(stored.snapshot);
  if (snapshot instanceof DecodeError) throw new Error(`the snapshot of ${group} cannot be read: ${snapshot.message}`);
  if (snapshot) log.install(snapshot);
  for (const { index, bytes } of stored.entries) {
    if (index <= log.snapshotIndex) continue;
    invariant(index === log.lastIndex + 1, "a stored log has no gap");
    const entry = decodeEntry(bytes);
    if (entry instanceof DecodeError) throw new Error(`entry ${index} of ${group} cannot be read: ${entry.message}`);
    log.append({ entry, bytes: new Uint8Array(bytes) });
  }
  return { log, snapshot };
}
