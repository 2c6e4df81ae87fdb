/** Brings an object's tables to the newest shape, synchronously, each migration whole or not at all. */

export interface Migration {
  readonly tag: string;
  /** As drizzle-kit writes it: statements with `--> statement-breakpoint` between them. */
  readonly sql: string;
}

/** What the migrator needs of `DurableObjectStorage`. */
export interface SqlDatabase {
  readonly sql: { exec(query: string, ...bindings: (string | number)[]): { toArray(): Record<string, unknown>[] } };
  transactionSync<T>(closure: () => T): T;
}

export class MigrationError extends Error {
  override readonly name = "MigrationError";
}

/**
 * Applies what is missing and returns the tags applied. Throws `MigrationError` when a statement fails (that migration
 * leaves no trace) or when the database was written by a newer version than this one.
 */
export function migrate(database: SqlDatabase, migrations: readonly Migration[], now: number): string[] {
  database.sql.exec(
    "CREATE TABLE IF NOT EXISTS migrations (tag text PRIMARY KEY NOT NULL, applied_at integer NOT NULL)",
  );
  const applied = new Set(
    database.sql
      .exec("SELECT tag FROM migrations")
      .toArray()
      .map((row) => String(row.tag)),
  );
  const known = new Set(migrations.map((migration) => migration.tag));
  for (const tag of applied) {
    if (!known.has(tag))
      throw new MigrationError(`the database has migration ${tag}, which this version does not know`);
  }
  const missing = migrations.filter((migration) => !applied.has(migration.tag));
  for (const migration of missing) database.transactionSync(() => apply(database, migration, now));
  return missing.map((migration) => migration.tag);
}

function apply(database: SqlDatabase, migration: Migration, now: number): void {
  for (const statement of migration.sql.split("--> statement-breakpoint")) {
    try {
      database.sql.exec(statement);
    } catch (error) {
      throw new MigrationError(`migration ${migration.tag}: ${statement.trim()}`, { cause: error });
    }
  }
  database.sql.exec("INSERT INTO migrations (tag, applied_at) VALUES (?, ?)", migration.tag, now);
}
