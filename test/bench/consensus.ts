/**
 * Consensus on the real runtime: hubs as processes, each a region of its own, with round trips between them or without. What a commit and a
 * read cost in round trips, how many writes a group takes, how long it is without a leader, what it costs to be idle; and etcd beside it.
 *   node test/bench/consensus.ts [--only latency,throughput,failover,transfer,idle,etcd] [--quick] [--json]
 */
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import { startEtcd } from "./consensus/etcd.ts";
import { Lab, type LabOptions } from "./consensus/lab.ts";
import { failuresOf, Generator, type Job } from "./consensus/load.ts";
import {
  type Effort,
  FAILOVER_COLUMNS,
  failover,
  IDLE_COLUMNS,
  idle,
  LATENCY_COLUMNS,
  latency,
  loadCells,
  type Row,
  THROUGHPUT_COLUMNS,
  TRANSFER_COLUMNS,
  throughput,
  transfer,
} from "./consensus/measure.ts";
import { printReport, thisMachine } from "./table.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});

const MEASUREMENTS = ["latency", "throughput", "failover", "transfer", "idle", "etcd"] as const;
type Measurement = (typeof MEASUREMENTS)[number];

const only = values.only?.split(",") ?? [...MEASUREMENTS];
const unknown = only.filter((name) => !(MEASUREMENTS as readonly string[]).includes(name));
if (unknown.length > 0) {
  console.error(`--only ${unknown.join(",")}: there are ${MEASUREMENTS.join(", ")}`);
  process.exit(2);
}
const wanted = (name: Measurement): boolean => only.includes(name);

const EFFORT: Effort = values.quick
  ? { writes: 30, kills: 2, transfers: 1, loadMs: 1_000, idleMs: 4_000, clients: [1, 64] }
  : { writes: 150, kills: 10, transfers: 3, loadMs: 3_000, idleMs: 15_000, clients: [1, 8, 64, 512] };

interface Plan extends LabOptions {
  readonly measurements: readonly Measurement[];
}

const ROUND_TRIP_MS = 40;
const FULL: readonly Plan[] = [
  {
    voters: 3,
    rttMs: 0,
    timing: "responsive",
    measurements: ["latency", "throughput", "idle", "failover", "transfer"],
  },
  {
    voters: 3,
    rttMs: ROUND_TRIP_MS,
    timing: "responsive",
    measurements: ["latency", "throughput", "failover", "transfer"],
  },
  { voters: 5, rttMs: 0, timing: "responsive", measurements: ["latency", "throughput", "failover"] },
  { voters: 5, rttMs: ROUND_TRIP_MS, timing: "responsive", measurements: ["latency", "failover"] },
  { voters: 3, rttMs: 0, timing: "seed", measurements: ["idle", "failover"] },
  { voters: 3, rttMs: ROUND_TRIP_MS, timing: "seed", measurements: ["failover"] },
];
const QUICK: readonly Plan[] = [
  {
    voters: 3,
    rttMs: ROUND_TRIP_MS,
    timing: "responsive",
    measurements: ["latency", "throughput", "idle", "failover", "transfer"],
  },
];

interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: Row[];
  readonly notes: string[];
}

const tables: Record<Measurement, Table> = {
  latency: {
    title:
      "Commits and reads: one client unless said otherwise (aims: a put at the leader's edge a round trip and 5 ms, at a follower's 1.5 round trips; 64 readers 1.2 and 2.2)",
    columns: LATENCY_COLUMNS,
    rows: [],
    notes: [],
  },
  throughput: {
    title: "Puts through the HTTP API, clients spread over all edges, each asking again as soon as it is answered",
    columns: THROUGHPUT_COLUMNS,
    rows: [],
    notes: ["the load generator shares the cores with all hubs; its part is told, 100 % is one core"],
  },
  failover: {
    title:
      "kill -9 of the leader's process until a write is acknowledged at another's edge (aims: 1 s; 8 round trips at 40 ms)",
    columns: FAILOVER_COLUMNS,
    rows: [],
    notes: [
      "the write is asked for after the kill; the runtime dies with the process around it, some milliseconds after the signal",
      "the process that died is started again, and votes again, before the next kill",
    ],
  },
  transfer: {
    title: "The leader leaves as planned while 8 clients write at the others (aim: no write fails)",
    columns: TRANSFER_COLUMNS,
    rows: [],
    notes: [],
  },
  idle: {
    title: "What a group costs that does nothing",
    columns: IDLE_COLUMNS,
    rows: [],
    notes: [
      "a quiesced group sends nothing of its own: what is left is membership and gossip",
      "frames carry messages of all kinds together, so what a write adds is the difference to the idle group",
    ],
  },
  etcd: {
    title: "etcd beside it: 3 members on loopback, the same clients, its HTTP and JSON gateway",
    columns: ["asked", "clients", "per s", "median", "p99", "failed", "generator's CPU"],
    rows: [],
    notes: [],
  },
};

const loadBefore = loadavg()[0] ?? 0;
const generator = new Generator();
try {
  for (const plan of values.quick ? QUICK : FULL) await carryOut(plan);
  if (wanted("etcd")) await besideEtcd();
} finally {
  generator.stop();
}
const load = `load average ${loadBefore.toFixed(1)} before, ${(loadavg()[0] ?? 0).toFixed(1)} after`;
for (const name of MEASUREMENTS.filter(wanted)) {
  const { title, columns, rows, notes } = tables[name];
  printReport({ title, machine: thisMachine(), columns, rows, notes: [...notes, load] }, values.json);
}

async function carryOut({ measurements, ...options }: Plan): Promise<void> {
  const now = measurements.filter(wanted);
  if (now.length === 0) return;
  console.error(`${options.voters} voters, ${options.rttMs} ms, ${options.timing}: ${now.join(", ")}`);
  const lab = await Lab.start(options);
  const { latency: latencies, throughput: puts, failover: failovers, transfer: transfers, idle: idles } = tables;
  try {
    if (now.includes("latency")) latencies.rows.push(...(await latency(lab, generator, EFFORT)));
    if (now.includes("throughput")) puts.rows.push(...(await throughput(lab, generator, EFFORT)));
    if (now.includes("idle")) idles.rows.push(...(await idle(lab, generator, EFFORT)));
    if (now.includes("failover")) failovers.rows.push(...(await failover(lab, EFFORT)));
    if (now.includes("transfer")) transfers.rows.push(...(await transfer(lab, generator, EFFORT)));
  } finally {
    await lab.stop();
  }
}

async function besideEtcd(): Promise<void> {
  const { rows, notes } = tables.etcd;
  const etcd = await startEtcd();
  if (!etcd) {
    notes.push("not measured: there is no etcd on the PATH");
    return;
  }
  notes.push(`etcd ${etcd.version}`);
  const [leader = "", follower = ""] = etcd.urls;
  const run = async (asked: string, what: Job["what"], urls: readonly string[], clients: number): Promise<void> => {
    const most = clients === 1 ? EFFORT.writes : null;
    const measureMs = clients === 1 ? 30_000 : EFFORT.loadMs;
    const job = { what, urls, token: null, clients, pauseMs: 0, warmUpMs: 500, measureMs, most };
    const result = await generator.run(job);
    if (failuresOf(result) > 0 && result.latencies.length === 0) throw new Error(JSON.stringify(result.failures));
    rows.push([asked, clients, ...loadCells(result)]);
  };
  try {
    await run("put at the leader", "etcd-put", [leader], 1);
    await run("put at a follower", "etcd-put", [follower], 1);
    await run("put, at all", "etcd-put", etcd.urls, 64);
    await run("linearizable read at the leader", "etcd-get", [leader], 64);
    await run("linearizable read at a follower", "etcd-get", [follower], 64);
  } finally {
    await etcd.stop();
  }
}
