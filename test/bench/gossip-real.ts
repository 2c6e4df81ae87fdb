/**
 * Rumors on the real runtime: when each hub has a test message, by its own receipt, from the moment it was asked for; against one
 * measured hop per level of the tree. A real workerd process, real WebSockets, every hub a Durable Object.
 *   node test/bench/gossip-real.ts [--quick] [--json]
 */
import { setTimeout as sleep } from "node:timers/promises";
import { allReceipts, everyoneAlive, startTestMessage, type TestReport } from "../hubs/answers.ts";
import { PeerSocket } from "../hubs/peer-socket.ts";
import { call, Planet, type Region } from "../hubs/region.ts";
import { median, printReport, quantile, span, thisMachine } from "./table.ts";

const quick = process.argv.includes("--quick");
const json = process.argv.includes("--json");
const SIZES = quick ? [5, 11] : [5, 11, 21, 50];
const RUMORS = quick ? 30 : 200;
const PINGS = quick ? 200 : 2_000;
const WARM_UP = 20;
/** Between two rumors, so that one does not wait for the other. */
const PAUSE_MS = 30;

/** A regional hub and its children, and the global hub that every federation has. */
function federation(size: number): string {
  const children = Array.from(
    { length: size - 1 },
    (_, i) =>
      `  - { id: local-${String(i).padStart(3, "0")}, region: us-east, hub_tier: local, parent_hub: regional-us-east }`,
  );
  return `
federation: { name: test-planet, profile: responsive }
limits: { max_child_hubs: 100 }
regions:
  - { id: us-east, coordinates: { latitude: 0, longitude: 0 } }
hubs:
  - { id: global-hub, region: us-east, hub_tier: global }
  - { id: regional-us-east, region: us-east, hub_tier: regional, parent_hub: global-hub }
${children.join("\n")}
`;
}

async function started(size: number): Promise<Planet> {
  const planet = await Planet.start(["us-east"], { federation: federation(size) });
  await Promise.all(planet.regions.map((region) => call(region, "/health")));
  for (const region of planet.regions) await everyoneAlive(region, size + 1);
  await sleep(3_000);
  return planet;
}

/** Half of a ping's round trip on a link: one frame in, one step, one frame out. */
async function hop(): Promise<number[]> {
  const planet = await started(2);
  const region = planet.region("us-east");
  const [hubId, parent] = ["local-pinger", "regional-us-east"];
  const coordinates = { latitude: 0, longitude: 0 };
  const self = { hubId, tier: "local", region: "us-east", coordinates, parent, address: "http://127.0.0.1:1" } as const;
  const peer = await PeerSocket.open(region, parent, self);
  peer.greet({ oldestVersion: 1, newestVersion: 1 });
  await peer.heard("hello");
  const samples: number[] = [];
  for (let seq = 1; seq <= WARM_UP + PINGS; seq++) {
    const at = performance.now();
    peer.say({ kind: "ping", seq, coordinate: null, updates: [] }, 1);
    await peer.acked(seq);
    if (seq > WARM_UP) samples.push((performance.now() - at) / 2);
  }
  peer.close();
  await planet.stop();
  return samples;
}

interface Spread {
  /** Until the last hub had it, for each rumor. */
  readonly everywhereMs: readonly number[];
  /** Every receipt. */
  readonly eachMs: readonly number[];
  readonly hops: readonly number[];
}

async function spread(region: Region): Promise<Spread> {
  const reports: TestReport[] = [];
  for (let i = 0; i < WARM_UP + RUMORS; i++) {
    const id = await startTestMessage(region);
    await sleep(PAUSE_MS);
    const report = await allReceipts(region, id);
    if (i >= WARM_UP) reports.push(report);
  }
  return {
    everywhereMs: reports.map(({ delivered }) => Math.max(...delivered.map(({ after_ms }) => after_ms))),
    eachMs: reports.flatMap(({ delivered }) => delivered.map(({ after_ms }) => after_ms)),
    hops: reports.map(({ delivered }) => Math.max(...delivered.map(({ hops }) => hops))),
  };
}

const oneHop = await hop();
const hopMs = median(oneHop);
const rows: (string | number)[][] = [];
for (const size of SIZES) {
  const planet = await started(size);
  const { everywhereMs, eachMs, hops } = await spread(planet.region("us-east"));
  await planet.stop();
  const depth = median(hops);
  rows.push([
    size + 1,
    everywhereMs.length,
    span(median(eachMs)),
    span(median(everywhereMs)),
    span(quantile(everywhereMs, 0.99)),
    depth,
    Math.max(...hops),
    (median(everywhereMs) / (depth * hopMs)).toFixed(1),
  ]);
}

printReport(
  {
    title: "A rumor on the real runtime",
    machine: thisMachine(),
    columns: ["hubs", "rumors", "a hub p50", "all p50", "all p99", "hops p50", "hops max", "× hop × depth"],
    rows,
    notes: [
      `one hop (half a ping's round trip from this process): p50 ${span(hopMs)}, p99 ${span(quantile(oneHop, 0.99))}`,
      "all: until the last hub has it. The hubs' clocks tick in whole milliseconds, and stand still while a hub works.",
      "all hubs of a process, and this program, share the cores named above",
    ],
  },
  json,
);
