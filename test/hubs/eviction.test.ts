/** Hubs that lose their memory in the middle of things: what was acknowledged stays, and nothing is told twice as new. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { readStoredLog } from "../../hub-core/registry/own-log.ts";
import type { Rumor } from "../../hub-core/wire/catalog.ts";
import { allReceipts, everyoneAlive, hubsSeenFrom, registration, startTestMessage } from "./answers.ts";
import { call, eventually, type Planet, type Region } from "./region.ts";
import { ALL_HUBS, startTwoRegions } from "./two-regions.ts";

const BURST = 40;
let planet: Planet;
let us: Region;
let eu: Region;

beforeAll(async () => {
  ({ planet, us, eu } = await startTwoRegions());
  for (const region of planet.regions) await everyoneAlive(region, ALL_HUBS.length);
}, 60_000);

afterAll(() => planet?.stop());

interface Stored {
  readonly incarnation: number;
  readonly seqCeiling: number;
  readonly log: readonly Rumor[];
}

/** What the hub would find after an eviction. */
async function stored(hub: string): Promise<Stored> {
  const [identity] = await eu.sql(hub, "SELECT incarnation, seq_ceiling FROM identity");
  const rows = await eu.sql(hub, "SELECT key, hex(bytes) AS bytes FROM records");
  const bytes = new Map(rows.map((row) => [String(row.key), new Uint8Array(Buffer.from(String(row.bytes), "hex"))]));
  const [log, unreadable] = readStoredLog(bytes, hub);
  expect(unreadable).toEqual([]);
  return { incarnation: Number(identity?.incarnation), seqCeiling: Number(identity?.seq_ceiling), log };
}

/** Registers them all at once; calls `during` when half are acknowledged. Which ones were acknowledged, in the end. */
async function burst(prefix: string, during: () => Promise<unknown>): Promise<string[]> {
  const acknowledged: string[] = [];
  let disturbance: Promise<unknown> | null = null;
  const register = async (id: string) => {
    const body = registration(id, "eu-west", "search");
    const options = { method: "POST", role: "operator", body } as const;
    const answer = await call(eu, "/hubs/local-lon/api/clusters", options).catch(() => null);
    if (answer?.status !== 201) return;
    acknowledged.push(id);
    if (acknowledged.length === BURST / 2) disturbance = during();
  };
  await Promise.all(Array.from({ length: BURST }, (_, i) => register(`${prefix}-${i}`)));
  await disturbance;
  return acknowledged;
}

async function expectKept(acknowledged: readonly string[], before: Stored): Promise<void> {
  await eventually("local-lon alive again, with a higher incarnation", async () => {
    const seen = (await hubsSeenFrom(us)).get("local-lon");
    return seen?.state === "alive" && seen.incarnation > before.incarnation ? true : undefined;
  });
  for (const id of acknowledged) {
    const { status } = await call(eu, `/hubs/local-lon/api/clusters/${id}`, { role: "viewer" });
    expect({ id, status }).toEqual({ id, status: 200 });
  }
  await eventually("everything acknowledged, as the other region sees it", async () => {
    const { body } = await call(us, "/api/clusters?service=search&limit=1000", { role: "viewer" });
    const seen = new Set((body as { clusters: { cluster_id: string }[] }).clusters.map(({ cluster_id }) => cluster_id));
    return acknowledged.every((id) => seen.has(id)) ? true : undefined;
  });
  const after = await stored("local-lon");
  const seqs = after.log.map(({ seq }) => seq);
  expect(after.incarnation).toBeGreaterThan(before.incarnation);
  expect(new Set(seqs).size).toBe(seqs.length);
  expect(Math.max(...seqs)).toBeLessThan(after.seqCeiling);
}

test("a hub that dies in a burst of registrations keeps every one that it acknowledged", async () => {
  const before = await stored("local-lon");
  await eu.sql(
    "local-lon",
    "CREATE TRIGGER full BEFORE INSERT ON records WHEN NEW.key = 'cluster/died-30' BEGIN SELECT RAISE(ABORT, 'full'); END",
  );
  const acknowledged = await burst("died", async () => undefined);
  expect(acknowledged).not.toContain("died-30");
  expect(acknowledged.length).toBeGreaterThan(0);
  await eu.sql("local-lon", "DROP TRIGGER full");
  await expectKept(acknowledged, before);
}, 60_000);

test("a region that is killed in a burst of registrations keeps every one that was acknowledged", async () => {
  const before = await stored("local-lon");
  const acknowledged = await burst("killed", async () => {
    await eu.stop();
  });
  expect(acknowledged.length).toBeGreaterThanOrEqual(BURST / 2);
  await eu.start();
  await call(eu, "/health");
  await expectKept(acknowledged, before);
}, 60_000);

test("sequence numbers that may have been used before a restart are never used after it", async () => {
  const { seqCeiling } = await stored("local-lon");
  const used = new Set((await stored("local-lon")).log.map(({ seq }) => seq));
  await eu.stop();
  await eu.start();
  await call(eu, "/health");
  const body = registration("after-restart", "eu-west", "search");
  const answer = await call(eu, "/hubs/local-lon/api/clusters", { method: "POST", role: "operator", body });
  expect(answer.status).toBe(201);
  const fresh = (await stored("local-lon")).log.filter(({ seq }) => !used.has(seq));
  expect(fresh.length).toBeGreaterThan(0);
  for (const { seq } of fresh) expect(seq).toBeGreaterThanOrEqual(seqCeiling);
}, 60_000);

test("a test message that was under way when a region was killed still reaches all, with a receipt from each", async () => {
  for (const region of planet.regions) await everyoneAlive(region, ALL_HUBS.length);
  const before = await hubsSeenFrom(us);
  const [messageId] = await Promise.all([startTestMessage(us, "local-nyc"), eu.stop()]);
  await eu.start();
  await call(eu, "/health");
  const report = await allReceipts(us, messageId);
  expect(report.delivered).toHaveLength(ALL_HUBS.length);
  for (const hub of ["regional-eu", "local-lon"]) {
    await eventually(`${hub} with a higher incarnation`, async () => {
      const seen = (await hubsSeenFrom(us)).get(hub);
      return (seen?.incarnation ?? 0) > (before.get(hub)?.incarnation ?? 0) ? true : undefined;
    });
  }
}, 60_000);
