/** The log of one group on this hub, from Raft to the state it builds: applying, restoring, compacting. */
import type { Outbox } from "../common/outbox.ts";
import { invariant } from "../common/types.ts";
import { DecodeError } from "../wire/codec.ts";
import { type Applied, encodeSnapshot, type Snapshot } from "../wire/log.ts";
import type { GroupState } from "./group-state.ts";
import type { RaftOptions } from "./raft/index.ts";
import { Raft } from "./raft/index.ts";

/** A log is compacted when it has grown past these, and past the size of what it compacts to. */
const MAX_LOG_ENTRIES = 2_000;
const MAX_LOG_BYTES = 1_048_576;
/** A follower that is behind may hold up its leader's compaction until the log is this many times too long. */
const PATIENCE = 4;

export class Replication {
  readonly raft: Raft;
  readonly #state: GroupState;
  #applied: number;
  /** What stands before the log, encoded; null before the first compaction. */
  #snapshot: Uint8Array | null;

  constructor(options: RaftOptions, state: GroupState) {
    this.#state = state;
    this.#snapshot = options.stored?.snapshot ?? null;
    this.raft = new Raft(options, {
      snapshot: () => this.#snapshotBytes(),
      restore: (snapshot, encoded) => this.#restore(snapshot, encoded),
    });
    const { snapshot } = this.raft.state;
    if (snapshot) state.restore(snapshot.data);
    this.#applied = snapshot?.index ?? 0;
  }

  get applied(): number {
    return this.#applied;
  }

  /** @returns how the commands of what is committed by now ended. */
  apply(): Applied[] {
    const { log, commit } = this.raft.state;
    const all: Applied[] = [];
    while (this.#applied < commit) {
      const index = this.#applied + 1;
      const found = log.entry(index);
      invariant(found !== undefined, "what is committed is in the log until it is applied");
      const { entry } = found;
      const context = { index, term: entry.term, at: entry.at, configuration: log.configurationAt(index) };
      for (const applied of this.#state.apply(entry, context)) all.push(applied);
      this.#applied = index;
    }
    return all;
  }

  compact(out: Outbox): void {
    const { raft } = this;
    const { log, group } = raft.state;
    const grown = Math.max(
      log.length / MAX_LOG_ENTRIES,
      log.bytes / Math.max(MAX_LOG_BYTES, this.#snapshot?.length ?? 0),
    );
    if (grown < 1 || this.#applied <= log.snapshotIndex) return;
    if (grown < PATIENCE && raft.leadership?.isFeeding(this.#applied)) return;
    const data = this.#state.encode();
    const head = log.compact(this.#applied);
    const bytes = encodeSnapshot({ ...head, data });
    this.#snapshot = bytes;
    out.persist({ table: "raft-snapshot", group, upTo: head.index, bytes });
    out.log("debug", "consensus_compacted", { group, index: head.index, bytes: bytes.length });
  }

  /** A leader's snapshot takes the place of the log, unless it was written by a version of the software that this one is not. */
  #restore(snapshot: Snapshot, encoded: Uint8Array): boolean {
    try {
      this.#state.restore(snapshot.data);
    } catch (error) {
      if (error instanceof DecodeError) return false;
      throw error;
    }
    this.#snapshot = encoded;
    this.#applied = snapshot.index;
    return true;
  }

  #snapshotBytes(): Uint8Array {
    invariant(this.#snapshot !== null, "a log that was compacted has a snapshot");
    return this.#snapshot;
  }
}
