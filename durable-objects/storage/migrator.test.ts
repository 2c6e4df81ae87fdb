import { readFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { MigrationError, migrate, type SqlDatabase } from "./migrator.ts";

/** The part of an object's storage that the migrator uses, over a database in memory. */
function memoryDatabase(): SqlDatabase & { readonly raw: DatabaseSync } {
  const raw = new DatabaseSync(":memory:");
  return {
    raw,
    sql: {
      exec: (query, ...bindings) => {
        const rows = raw.prepare(query).all(...bindings);
        return { toArray: () => rows };
      },
    },
    transactionSync: (closure) => {
      raw.exec("BEGIN");
      try {
        const result = closure();
        raw.exec("COMMIT");
        return result;
      } catch (error) {
        raw.exec("ROLLBACK");
        throw error;
      }
    },
  };
}

const FIRST = {
  tag: "0000_first",
  sql: "CREATE TABLE a (x text);\n--> statement-breakpoint\nCREATE TABLE b (y text);",
};
const SECOND = { tag: "0001_second", sql: "ALTER TABLE a ADD z text;" };

test("what is missing is applied, in order, once", () => {
  const database = memoryDatabase();
  expect(migrate(database, [FIRST], 1)).toEqual(["0000_first"]);
  expect(migrate(database, [FIRST, SECOND], 2)).toEqual(["0001_second"]);
  expect(migrate(database, [FIRST, SECOND], 3)).toEqual([]);
  database.raw.exec("INSERT INTO a (x, z) VALUES ('1', '2')");
});

test("a migration that fails leaves no trace and says which statement it was", () => {
  const database = memoryDatabase();
  const broken = {
    tag: "0001_broken",
    sql: "CREATE TABLE c (x text);\n--> statement-breakpoint\nCREATE TABLE a (x text);",
  };
  expect(() => migrate(database, [FIRST, broken], 1)).toThrow(/0001_broken: CREATE TABLE a/);
  expect(migrate(database, [FIRST], 2)).toEqual([]);
  expect(() => database.raw.exec("SELECT * FROM c")).toThrow(/no such table/);
});

test("a database of a newer version is refused rather than misread", () => {
  const database = memoryDatabase();
  migrate(database, [FIRST, SECOND], 1);
  expect(() => migrate(database, [FIRST], 2)).toThrow(MigrationError);
});

const read = (path: string): string => readFileSync(`${import.meta.dirname}/${path}`, "utf8");
const journal = JSON.parse(read("migrations/meta/_journal.json")) as { entries: { tag: string }[] };
const tags = journal.entries.map(({ tag }) => tag);
const onDisk = tags.map((tag) => ({ tag, sql: read(`migrations/${tag}.sql`) }));

test("every migration that drizzle-kit wrote is bundled, and those on disk apply", () => {
  const bundled = [...read("migrations.ts").matchAll(/tag: "([^"]+)"/g)].map((match) => match[1]);
  expect(bundled).toEqual(tags);
  expect(migrate(memoryDatabase(), onDisk, 1)).toEqual(tags);
});

/** One row in every table there is. */
function filled({ raw }: { readonly raw: DatabaseSync }): Map<string, Record<string, unknown>> {
  const tables = raw.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'migrations'").all();
  return new Map(
    tables.map(({ name }) => {
      const columns = raw.prepare(`PRAGMA table_info(${name})`).all();
      const values = columns.map(({ type }) =>
        type === "INTEGER" ? 2 ** 47 : type === "BLOB" ? Uint8Array.of(7) : "{}",
      );
      raw.prepare(`INSERT INTO ${name} VALUES (${columns.map(() => "?").join(", ")})`).run(...values);
      return [String(name), { ...raw.prepare(`SELECT * FROM ${name}`).get() }];
    }),
  );
}

test.each(tags.slice(0, -1).map((tag, index) => [tag, index + 1] as const))(
  "a database of %s, with data, comes to the newest shape and keeps all that it held",
  (_, applied) => {
    const database = memoryDatabase();
    migrate(database, onDisk.slice(0, applied), 1);
    const before = filled(database);
    expect(before.size).toBeGreaterThanOrEqual(4);
    expect(migrate(database, onDisk, 2)).toEqual(tags.slice(applied));
    for (const [table, row] of before) {
      expect(database.raw.prepare(`SELECT * FROM ${table}`).all()).toMatchObject([row]);
    }
    const replica = before.get("identity")?.replica ?? 0;
    expect(database.raw.prepare("SELECT replica FROM identity").all()).toEqual([{ replica }]);
    const commit = before.get("raft_entries")?.commit_index ?? 0;
    const commits = database.raw.prepare("SELECT commit_index FROM raft_entries").all();
    expect(commits).toEqual(before.has("raft_entries") ? [{ commit_index: commit }] : []);
  },
);
