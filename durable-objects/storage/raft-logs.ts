/** Consensus on disk: of each group the vote, the entries, and the newest snapshot in parts. */
import { and, asc, eq, gte, lte } from "drizzle-orm";
import type { DrizzleSqliteDODatabase } from "drizzle-orm/durable-sqlite";
import type { StoredVote, StoredWrite } from "../../hub-core/common/outbox.ts";
import { type GroupId, unreachable } from "../../hub-core/common/types.ts";
import type { StoredLog } from "../../hub-core/hub/contract.ts";
import { raftEntries, raftSnapshots, raftVotes } from "./schema.ts";

/** A row, with all its values, holds 2 MB at most. */
const PART_BYTES = 1_048_576;

type RaftWrite = Extract<StoredWrite, { table: `raft-${string}` }>;

export class RaftLogs {
  readonly #db: DrizzleSqliteDODatabase;

  constructor(db: DrizzleSqliteDODatabase) {
    this.#db = db;
  }

  load(): Map<GroupId, StoredLog> {
    const votes = this.#db.select().from(raftVotes).all();
    return new Map(
      votes.map(({ group, lineage, term, votedFor, votedReplica }) => [
        group,
        {
          vote: { lineage, term, votedFor: votedFor === null ? null : { hubId: votedFor, replica: votedReplica } },
          snapshot: this.#snapshotOf(group),
          ...this.#entriesOf(group),
        },
      ]),
    );
  }

  /** Within the transaction of the caller: a snapshot takes several statements. */
  apply(write: RaftWrite): void {
    switch (write.table) {
      case "raft-vote":
        return write.value === null ? this.#forget(write.group) : this.#vote(write.group, write.value);
      case "raft-entry": {
        const { group, index, bytes, commit } = write;
        this.#db
          .insert(raftEntries)
          .values({ group, index, bytes, commit })
          .onConflictDoUpdate({ target: [raftEntries.group, raftEntries.index], set: { bytes, commit } })
          .run();
        return;
      }
      case "raft-truncate":
        this.#db
          .delete(raftEntries)
          .where(and(eq(raftEntries.group, write.group), gte(raftEntries.index, write.from)))
          .run();
        return;
      case "raft-snapshot":
        return this.#snapshot(write.group, write.upTo, write.bytes);
      default:
        return unreachable(write);
    }
  }

  #vote(group: GroupId, { lineage, term, votedFor }: StoredVote): void {
    const row = { lineage, term, votedFor: votedFor?.hubId ?? null, votedReplica: votedFor?.replica ?? 0 };
    this.#db
      .insert(raftVotes)
      .values({ group, ...row })
      .onConflictDoUpdate({ target: raftVotes.group, set: row })
      .run();
  }

  #forget(group: GroupId): void {
    this.#db.delete(raftVotes).where(eq(raftVotes.group, group)).run();
    this.#db.delete(raftSnapshots).where(eq(raftSnapshots.group, group)).run();
    this.#db.delete(raftEntries).where(eq(raftEntries.group, group)).run();
  }

  #snapshot(group: GroupId, upTo: number, bytes: Uint8Array<ArrayBuffer>): void {
    this.#db.delete(raftSnapshots).where(eq(raftSnapshots.group, group)).run();
    for (let start = 0, part = 0; start < bytes.length; start += PART_BYTES, part++) {
      const values = { group, part, bytes: bytes.slice(start, start + PART_BYTES) };
      this.#db.insert(raftSnapshots).values(values).run();
    }
    this.#db
      .delete(raftEntries)
      .where(and(eq(raftEntries.group, group), lte(raftEntries.index, upTo)))
      .run();
  }

  #snapshotOf(group: GroupId): Uint8Array | null {
    const parts = this.#db
      .select({ bytes: raftSnapshots.bytes })
      .from(raftSnapshots)
      .where(eq(raftSnapshots.group, group))
      .orderBy(asc(raftSnapshots.part))
      .all();
    if (parts.length === 0) return null;
    const whole = new Uint8Array(parts.reduce((sum, { bytes }) => sum + bytes.length, 0));
    let at = 0;
    for (const { bytes } of parts) {
      whole.set(bytes, at);
      at += bytes.length;
    }
    return whole;
  }

  #entriesOf(group: GroupId): Pick<StoredLog, "entries" | "commit"> {
    const rows = this.#db
      .select({ index: raftEntries.index, bytes: raftEntries.bytes, commit: raftEntries.commit })
      .from(raftEntries)
      .where(eq(raftEntries.group, group))
      .orderBy(asc(raftEntries.index))
      .all();
    return {
      entries: rows.map(({ index, bytes }) => ({ index, bytes })),
      commit: rows.reduce((latest, { commit }) => Math.max(latest, commit), 0),
    };
  }
}
