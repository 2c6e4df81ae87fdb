/** The hub's tables: read whole at the start, written in one transaction per step. */
import { eq, gt, lte } from "drizzle-orm";
import { type DrizzleSqliteDODatabase, drizzle } from "drizzle-orm/durable-sqlite";
import type { StoredIdentity, StoredWrite } from "../../hub-core/common/outbox.ts";
import { unreachable } from "../../hub-core/common/types.ts";
import type { StoredState } from "../../hub-core/hub/contract.ts";
import { migrations } from "./migrations.ts";
import { migrate } from "./migrator.ts";
import { RaftLogs } from "./raft-logs.ts";
import { identity, outcomes, peers, records, usedTokens } from "./schema.ts";

const IDENTITY_ROW = 1;

export class Store {
  readonly #storage: DurableObjectStorage;
  readonly #db: DrizzleSqliteDODatabase;
  readonly #logs: RaftLogs;

  /** Migrates first, so a `Store` always has its tables. Throws `MigrationError`. */
  constructor(storage: DurableObjectStorage, now: number) {
    migrate(storage, migrations, now);
    this.#storage = storage;
    this.#db = drizzle(storage);
    this.#logs = new RaftLogs(this.#db);
  }

  load(): StoredState {
    const row = this.#db.select().from(identity).where(eq(identity.id, IDENTITY_ROW)).get();
    return {
      identity: row ? withoutRowId(row) : null,
      records: new Map(
        this.#db
          .select()
          .from(records)
          .all()
          .map(({ key, bytes }) => [key, bytes]),
      ),
      peers: this.#db
        .select()
        .from(peers)
        .all()
        .map((peer) => peer.identity),
      outcomes: new Map(
        this.#db
          .select()
          .from(outcomes)
          .all()
          .map(({ key, outcome }) => [key, outcome]),
      ),
      logs: this.#logs.load(),
    };
  }

  /** All of them or none. */
  write(writes: readonly StoredWrite[]): void {
    this.#storage.transactionSync(() => {
      for (const write of writes) this.#apply(write);
    });
  }

  /** Accepted peer tokens that are still within their lifetime. */
  usedTokens(now: number): Map<string, number> {
    const rows = this.#db.select().from(usedTokens).where(gt(usedTokens.expiresAt, now)).all();
    return new Map(rows.map(({ jti, expiresAt }) => [jti, expiresAt]));
  }

  rememberToken(jti: string, expiresAt: number, now: number): void {
    this.#storage.transactionSync(() => {
      this.#db.delete(usedTokens).where(lte(usedTokens.expiresAt, now)).run();
      this.#db.insert(usedTokens).values({ jti, expiresAt }).onConflictDoNothing().run();
    });
  }

  #apply(write: StoredWrite): void {
    switch (write.table) {
      case "identity": {
        this.#db
          .insert(identity)
          .values({ id: IDENTITY_ROW, ...write.value })
          .onConflictDoUpdate({ target: identity.id, set: write.value })
          .run();
        return;
      }
      case "record": {
        const { key, bytes } = write;
        if (bytes === null) this.#db.delete(records).where(eq(records.key, key)).run();
        else
          this.#db
            .insert(records)
            .values({ key, bytes })
            .onConflictDoUpdate({ target: records.key, set: { bytes } })
            .run();
        return;
      }
      case "peer": {
        const { hubId, value } = write;
        if (value === null) this.#db.delete(peers).where(eq(peers.hubId, hubId)).run();
        else
          this.#db
            .insert(peers)
            .values({ hubId, identity: value })
            .onConflictDoUpdate({ target: peers.hubId, set: { identity: value } })
            .run();
        return;
      }
      case "outcome": {
        const { key, value } = write;
        if (value === null) this.#db.delete(outcomes).where(eq(outcomes.key, key)).run();
        else
          this.#db
            .insert(outcomes)
            .values({ key, outcome: value })
            .onConflictDoUpdate({ target: outcomes.key, set: { outcome: value } })
            .run();
        return;
      }
      case "raft-vote":
      case "raft-entry":
      case "raft-truncate":
      case "raft-snapshot":
        return this.#logs.apply(write);
      default:
        return unreachable(write);
    }
  }
}

function withoutRowId({ id: _, ...value }: typeof identity.$inferSelect): StoredIdentity {
  return value;
}
