/** What a hub must find again after an eviction. All else is rebuilt from its peers. */
import { customType, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { StoredOutcome } from "../../hub-core/common/outbox.ts";
import type { HubIdentity } from "../../hub-core/common/types.ts";

/** The stock blob column wants Node's Buffer, which the platform has only in compatibility mode. */
const bytes = customType<{ data: Uint8Array; driverData: ArrayBuffer | Uint8Array }>({
  dataType: () => "blob",
  toDriver: (value) => value,
  fromDriver: (value) => new Uint8Array(value),
});

/** One row. */
export const identity = sqliteTable("identity", {
  id: integer().primaryKey(),
  incarnation: integer().notNull(),
  seqCeiling: integer("seq_ceiling").notNull(),
  firstStartedAt: integer("first_started_at").notNull(),
  /** 0: of before there were replica numbers; the hub draws one. */
  replica: integer().notNull().default(0),
});

/** The hub's own log: encoded rumors by key. */
export const records = sqliteTable("records", {
  key: text().primaryKey(),
  bytes: bytes().notNull(),
});

export const peers = sqliteTable("peers", {
  hubId: text("hub_id").primaryKey(),
  identity: text({ mode: "json" }).$type<HubIdentity>().notNull(),
});

/** First answers of writes, by Idempotency-Key: a retry after a crash is still one. */
export const outcomes = sqliteTable("outcomes", {
  key: text().primaryKey(),
  outcome: text({ mode: "json" }).$type<StoredOutcome>().notNull(),
});

/** Peer tokens that were accepted and have not expired: a restart must not make them good again. */
export const usedTokens = sqliteTable("used_tokens", {
  jti: text().primaryKey(),
  expiresAt: integer("expires_at").notNull(),
});

/** Of consensus, by group: what Raft must find again (Raft figure 2). Without its row here a group has no log. */
export const raftVotes = sqliteTable("raft_votes", {
  group: text("group_id").primaryKey(),
  lineage: integer().notNull(),
  term: integer().notNull(),
  votedFor: text("voted_for"),
  /** 0: nobody has the vote, or it was given before votes named replicas. */
  votedReplica: integer("voted_replica").notNull().default(0),
});

export const raftEntries = sqliteTable(
  "raft_entries",
  {
    group: text("group_id").notNull(),
    index: integer("entry_index").notNull(),
    bytes: bytes().notNull(),
    /** Up to where the log was known to be committed when this was written. */
    commit: integer("commit_index").notNull().default(0),
  },
  (table) => [primaryKey({ columns: [table.group, table.index] })],
);

/** The newest snapshot in parts, as a row holds 2 MB at most. */
export const raftSnapshots = sqliteTable(
  "raft_snapshots",
  {
    group: text("group_id").notNull(),
    part: integer().notNull(),
    bytes: bytes().notNull(),
  },
  (table) => [primaryKey({ columns: [table.group, table.part] })],
);
