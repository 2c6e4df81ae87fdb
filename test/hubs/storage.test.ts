/** A hub's storage on the platform's own database, against the simulator's, which is a few maps. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { StoredIdentity, StoredVote, StoredWrite } from "../../hub-core/common/outbox.ts";
import type { StoredState } from "../../hub-core/hub/contract.ts";
import type { Replica } from "../../hub-core/wire/log.ts";
import { bundleWorker } from "../../infra/local/bundle.ts";
import { loadPlatformSettings } from "../../infra/local/platform-settings.ts";
import { Storage } from "../simulation/storage.ts";

/** What `storage-object.ts` offers, from afar. */
interface StoredHub {
  load(): Promise<StoredState>;
  write(writes: readonly StoredWrite[]): Promise<string | null>;
  sql(statement: string): Promise<Record<string, unknown>[]>;
  reopen(): Promise<void>;
}

let directory: string;
let runtime: Miniflare;
let named = 0;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "mpreg-storage-"));
  const bundle = await bundleWorker(directory, join(import.meta.dirname, "storage-object.ts"));
  const platform = await loadPlatformSettings();
  const options = convertV4MiniflareOptions({
    modules: true,
    scriptPath: bundle.file,
    modulesRoot: directory,
    cf: false,
    compatibilityDate: platform.compatibilityDate,
    compatibilityFlags: [...platform.compatibilityFlags],
    durableObjects: { STORE: { className: "StorageObject", useSQLite: true } },
  });
  runtime = new Miniflare(options);
  await runtime.ready;
}, 60_000);

afterAll(async () => {
  await runtime?.dispose();
  await rm(directory, { recursive: true, force: true });
});

async function freshHub(): Promise<StoredHub> {
  const namespace = await runtime.getDurableObjectNamespace("STORE");
  named += 1;
  return namespace.get(namespace.idFromName(`hub-${named}`)) as unknown as StoredHub;
}

/** As an older version left it. */
async function migrateBy(hub: StoredHub, tags: readonly string[]): Promise<void> {
  await hub.sql("CREATE TABLE migrations (tag text PRIMARY KEY NOT NULL, applied_at integer NOT NULL)");
  for (const tag of tags) {
    const file = join(import.meta.dirname, `../../durable-objects/storage/migrations/${tag}.sql`);
    for (const statement of (await readFile(file, "utf8")).split("--> statement-breakpoint")) await hub.sql(statement);
    await hub.sql(`INSERT INTO migrations VALUES ('${tag}', 1)`);
  }
}

/** As another run of the hub finds it. */
async function reloaded(hub: StoredHub): Promise<StoredState> {
  await hub.reopen();
  return hub.load();
}

/** Not all the same, and not compressible to nothing. */
function patterned(length: number, salt: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8) + salt) % 251);
}

const vote = (term: number): StoredWrite => ({
  table: "raft-vote",
  group: "global",
  value: { lineage: 2 ** 47 + 1, term, votedFor: term % 2 === 0 ? null : { hubId: "b", replica: 2 ** 48 - term } },
});
const entry = (index: number, length = 8): StoredWrite => ({
  table: "raft-entry",
  group: "global",
  index,
  bytes: patterned(length, index),
  commit: index - 1,
});
const indices = ({ logs }: StoredState): number[] => logs.get("global")?.entries.map(({ index }) => index) ?? [];

test("a log comes back as it was written: vote, entries in order, and what was written over them", async () => {
  const hub = await freshHub();
  // Ten comes before nine in text, not in numbers.
  expect(await hub.write([vote(3), ...[10, 8, 9, 11].map((index) => entry(index))])).toBeNull();
  expect(
    await hub.write([{ table: "raft-truncate", group: "global", from: 10 }, entry(10, 70_000), vote(4)]),
  ).toBeNull();
  const { logs } = await reloaded(hub);
  expect(logs.get("global")).toEqual({
    vote: { lineage: 2 ** 47 + 1, term: 4, votedFor: null },
    snapshot: null,
    entries: [8, 9]
      .map((index) => ({ index, bytes: patterned(8, index) }))
      .concat({ index: 10, bytes: patterned(70_000, 10) }),
    commit: 9,
  });
});

test("a snapshot of 5 MiB takes the place of the one before and of the entries that it covers", async () => {
  const hub = await freshHub();
  const snapshot = (upTo: number, bytes: Uint8Array<ArrayBuffer>): StoredWrite => ({
    table: "raft-snapshot",
    group: "global",
    upTo,
    bytes,
  });
  const large = patterned(5 * 1_048_576, 1);
  await hub.write([vote(1), ...[1, 2, 3, 4].map((index) => entry(index))]);
  expect(await hub.write([snapshot(3, large)])).toBeNull();
  const first = await reloaded(hub);
  expect(Buffer.compare(first.logs.get("global")?.snapshot ?? new Uint8Array(), large)).toBe(0);
  expect(indices(first)).toEqual([4]);
  const [most] = await hub.sql("SELECT max(length(bytes)) AS most, count(*) AS parts FROM raft_snapshots");
  expect(most).toEqual({ most: 1_048_576, parts: 5 });
  // Cut in the middle of a part, and a view of something larger.
  const odd = large.subarray(7, 7 + 1_500_000);
  expect(await hub.write([snapshot(4, odd)])).toBeNull();
  const second = await reloaded(hub);
  expect(Buffer.compare(second.logs.get("global")?.snapshot ?? new Uint8Array(), odd)).toBe(0);
  expect(indices(second)).toEqual([]);
});

test("a group that this hub is no replica of leaves nothing behind, and the other group stays", async () => {
  const hub = await freshHub();
  const other: StoredWrite[] = [
    { table: "raft-vote", group: "eu", value: { lineage: 1, term: 1, votedFor: null } },
    { table: "raft-entry", group: "eu", index: 1, bytes: patterned(3, 1), commit: 0 },
  ];
  await hub.write([
    vote(1),
    entry(2),
    { table: "raft-snapshot", group: "global", upTo: 1, bytes: patterned(9, 9) },
    ...other,
  ]);
  expect(await hub.write([{ table: "raft-vote", group: "global", value: null }])).toBeNull();
  expect([...(await reloaded(hub)).logs.keys()]).toEqual(["eu"]);
  for (const table of ["raft_votes", "raft_entries", "raft_snapshots"]) {
    expect(await hub.sql(`SELECT count(*) AS n FROM ${table} WHERE group_id = 'global'`)).toEqual([{ n: 0 }]);
  }
});

test("a step that cannot be written whole is not written at all", async () => {
  const hub = await freshHub();
  await hub.write([vote(1), entry(1), entry(2)]);
  const before = await hub.load();
  await hub.sql(
    "CREATE TRIGGER full BEFORE INSERT ON raft_snapshots WHEN NEW.part = 1 BEGIN SELECT RAISE(ABORT, 'full'); END",
  );
  const step: StoredWrite[] = [
    vote(2),
    { table: "raft-truncate", group: "global", from: 2 },
    { table: "raft-snapshot", group: "global", upTo: 1, bytes: patterned(2_000_000, 0) },
  ];
  expect(await hub.write(step)).toContain("full");
  expect(await reloaded(hub)).toEqual(before);
  await hub.sql("DROP TRIGGER full");
  expect(await hub.write(step)).toBeNull();
  expect((await reloaded(hub)).logs.get("global")?.vote.term).toBe(2);
});

/** Records with a prototype, as whatever carries them to the object wants it. */
const record = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record<T>(model, { noNullPrototype: true });
const group = fc.constantFrom("global", "eu");
const index = fc.integer({ min: 1, max: 6 });
const bytes = fc.uint8Array({ minLength: 1, maxLength: 6 }).map((array) => Uint8Array.from(array));
const identity = record<StoredIdentity>({
  incarnation: fc.nat(9),
  seqCeiling: fc.nat(9),
  firstStartedAt: fc.nat(9),
  replica: fc.nat(2 ** 30).map((n) => n * 2 ** 18 + 1),
});
const ballot = record<StoredVote>({
  lineage: fc.nat(9),
  term: fc.nat(9),
  votedFor: fc.option(record<Replica>({ hubId: fc.constantFrom("a", "b"), replica: fc.nat(9) })),
});
const anyWrite: fc.Arbitrary<StoredWrite> = fc.oneof(
  record({ table: fc.constant("identity" as const), value: identity }),
  record({ table: fc.constant("record" as const), key: fc.constantFrom("a", "b"), bytes: fc.option(bytes) }),
  record({ table: fc.constant("raft-vote" as const), group, value: fc.option(ballot) }),
  record({ table: fc.constant("raft-entry" as const), group, index, bytes, commit: fc.nat(6) }),
  record({ table: fc.constant("raft-truncate" as const), group, from: index }),
  record({ table: fc.constant("raft-snapshot" as const), group, upTo: index, bytes }),
);

test("whatever is written, the platform's database and the simulator's give the same back", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(anyWrite, { maxLength: 6 }), { maxLength: 6 }), async (steps) => {
      const hub = await freshHub();
      const simulated = new Storage();
      for (const step of steps) {
        expect(await hub.write(step)).toBeNull();
        simulated.commit(step);
        expect(await reloaded(hub)).toEqual(simulated.load());
      }
    }),
    { numRuns: 30 },
  );
});

test("a vote of before votes named replicas comes back as one that went to no known replica", async () => {
  const hub = await freshHub();
  await migrateBy(hub, ["0000_initial", "0001_outcomes", "0002_consensus"]);
  await hub.sql("INSERT INTO raft_votes VALUES ('global', 9, 4, 'b'), ('eu', 8, 3, NULL)");
  const { logs } = await hub.load();
  expect([...logs].map(([group, { vote }]) => [group, vote]).sort()).toEqual([
    ["eu", { lineage: 8, term: 3, votedFor: null }],
    ["global", { lineage: 9, term: 4, votedFor: { hubId: "b", replica: 0 } }],
  ]);
});

test("a database of before consensus gets its tables, keeps what it had, and a replica number is left to draw", async () => {
  const hub = await freshHub();
  await migrateBy(hub, ["0000_initial", "0001_outcomes"]);
  await hub.sql("INSERT INTO identity (id, incarnation, seq_ceiling, first_started_at) VALUES (1, 5, 64, 1000)");
  await hub.sql("INSERT INTO records VALUES ('k', x'0102')");
  const state = await hub.load();
  const identity: StoredIdentity = { incarnation: 5, seqCeiling: 64, firstStartedAt: 1_000, replica: 0 };
  expect(state).toMatchObject({ identity, records: new Map([["k", Uint8Array.of(1, 2)]]), logs: new Map() });
  await hub.write([{ table: "identity", value: { ...identity, replica: 2 ** 48 - 1 } }]);
  expect((await reloaded(hub)).identity?.replica).toBe(2 ** 48 - 1);
});

test("a log of before commits were stored keeps its entries, of which none is known to be committed", async () => {
  const hub = await freshHub();
  await hub.sql("CREATE TABLE migrations (tag text PRIMARY KEY NOT NULL, applied_at integer NOT NULL)");
  for (const tag of ["0000_initial", "0001_outcomes", "0002_consensus"]) {
    const file = join(import.meta.dirname, `../../durable-objects/storage/migrations/${tag}.sql`);
    for (const statement of (await readFile(file, "utf8")).split("--> statement-breakpoint")) await hub.sql(statement);
    await hub.sql(`INSERT INTO migrations VALUES ('${tag}', 1)`);
  }
  await hub.sql("INSERT INTO raft_votes VALUES ('global', 7, 1, NULL)");
  await hub.sql("INSERT INTO raft_entries VALUES ('global', 1, x'0102')");
  const bytes = Uint8Array.of(1, 2);
  expect((await hub.load()).logs.get("global")).toMatchObject({ entries: [{ index: 1, bytes }], commit: 0 });
  await hub.write([entry(2)]);
  expect((await reloaded(hub)).logs.get("global")?.commit).toBe(1);
});
