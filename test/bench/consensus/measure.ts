/** What is measured of one group: each gives rows of its table. */
import { setTimeout as sleep } from "node:timers/promises";
import { median, quantile, span } from "../table.ts";
import { type Lab, type LabOptions, until } from "./lab.ts";
import { failuresOf, type Generator, type Job, type JobResult } from "./load.ts";

export type Row = readonly (string | number)[];

export interface Effort {
  /** Sequential writes, and kills. */
  readonly writes: number;
  readonly kills: number;
  readonly transfers: number;
  readonly loadMs: number;
  readonly idleMs: number;
  readonly clients: readonly number[];
}

const READERS = 64;
const SEQUENTIAL_MS = 30_000;
const WARM_UP_MS = 500;
/** At each surviving edge, after a write that failed. */
const TRY_AGAIN_MS = 5;
const PATIENCE_MS = 60_000;
const HOUR_MS = 3_600_000;

export function nameOf({ voters, rttMs, timing }: LabOptions): Row {
  return [`${voters} voters`, rttMs === 0 ? "loopback" : `${rttMs} ms`, timing];
}

export interface Edges {
  readonly leader: string;
  readonly follower: string;
}

export async function edgesOf(lab: Lab): Promise<Edges> {
  const leader = await lab.leader();
  return { leader: lab.urlOf(leader), follower: lab.urlOf(lab.ids.find((id) => id !== leader) as string) };
}

function job(lab: Lab, what: Job["what"], urls: readonly string[], clients: number, over: Partial<Job> = {}): Job {
  return {
    what,
    urls,
    token: lab.token,
    clients,
    pauseMs: 0,
    warmUpMs: WARM_UP_MS,
    measureMs: SEQUENTIAL_MS,
    most: null,
    ...over,
  };
}

/** A time, and as a multiple of the round trip where there is one. */
export function against(ms: number, rttMs: number): string {
  return rttMs === 0 ? "-" : (ms / rttMs).toFixed(2);
}

const latencyCells = ({ latencies }: JobResult, rttMs: number): Row => [
  latencies.length,
  span(median(latencies)),
  span(quantile(latencies, 0.99)),
  against(median(latencies), rttMs),
];

export const LATENCY_COLUMNS = [
  "group",
  "round trip",
  "timing",
  "asked",
  "samples",
  "median",
  "p99",
  "round trips",
  "failed",
];

/** One client, one write after another; then many readers at once. */
export async function latency(lab: Lab, generator: Generator, effort: Effort): Promise<Row[]> {
  const { rttMs } = lab.options;
  const edges = await edgesOf(lab);
  const row = (asked: string, result: JobResult): Row => [
    ...nameOf(lab.options),
    asked,
    ...latencyCells(result, rttMs),
    failuresOf(result),
  ];
  const rows: Row[] = [];
  for (const [where, url] of Object.entries(edges)) {
    const stale = await generator.run(job(lab, "get-stale", [url], 1, { most: effort.writes }));
    rows.push(row(`stale read at the ${where}'s edge (the edge alone)`, stale));
    const puts = await generator.run(job(lab, "put", [url], 1, { most: effort.writes }));
    rows.push(row(`put at the ${where}'s edge`, puts));
    const gets = await generator.run(job(lab, "get", [url], 1, { most: effort.writes }));
    rows.push(row(`linearizable read at the ${where}'s edge`, gets));
    const many = await generator.run(job(lab, "get", [url], READERS, { measureMs: effort.loadMs }));
    rows.push(row(`the same, ${READERS} readers`, many));
  }
  return rows;
}

export const THROUGHPUT_COLUMNS = [
  "group",
  "round trip",
  "timing",
  "clients",
  "puts/s",
  "median",
  "p99",
  "failed",
  "generator's CPU",
];

/** Clients are spread over all edges. */
export async function throughput(lab: Lab, generator: Generator, effort: Effort): Promise<Row[]> {
  const rows: Row[] = [];
  for (const clients of effort.clients) {
    const result = await generator.run(job(lab, "put", lab.urls, clients, { measureMs: effort.loadMs }));
    rows.push([...nameOf(lab.options), clients, ...loadCells(result)]);
  }
  return rows;
}

export function loadCells(result: JobResult): Row {
  const { latencies, elapsedMs, cpuMs } = result;
  return [
    Math.round((latencies.length / elapsedMs) * 1_000),
    span(median(latencies)),
    span(quantile(latencies, 0.99)),
    told(result),
    `${Math.round((100 * cpuMs) / (elapsedMs + WARM_UP_MS))} %`,
  ];
}

function told(result: JobResult): string {
  const reasons = Object.entries(result.failures).map(([reason, count]) => `${count} ${reason}`);
  return reasons.length === 0 ? "0" : reasons.join(", ");
}

export const FAILOVER_COLUMNS = ["group", "round trip", "timing", "kills", "best", "median", "worst", "round trips"];

/** From `kill -9` of the leader's process to the first write that is asked for and acknowledged after it, at any other edge. */
export async function failover(lab: Lab, effort: Effort): Promise<Row[]> {
  const { rttMs } = lab.options;
  const times: number[] = [];
  for (let n = 0; n < effort.kills; n++) {
    const leader = await lab.leader();
    lab.kill(leader);
    const since = performance.now();
    times.push(
      await Promise.any(lab.urls.map((url, at) => acknowledgedAfter(lab, url, `bench/kill/${n}/${at}`, since))),
    );
    await lab.revive(leader);
  }
  const middle = median(times);
  const cells = [span(Math.min(...times)), span(middle), span(Math.max(...times)), against(middle, rttMs)];
  return [[...nameOf(lab.options), times.length, ...cells]];
}

async function acknowledgedAfter(lab: Lab, url: string, key: string, since: number): Promise<number> {
  for (;;) {
    // A write that fails, whatever the reason, is made again: only one that is acknowledged counts.
    const done = await lab.put(url, key, PATIENCE_MS).catch(() => false);
    const now = performance.now();
    if (done) return now - since;
    if (now - since > PATIENCE_MS) throw new Error(`no write at ${url} is acknowledged`);
    await sleep(TRY_AGAIN_MS);
  }
}

export const TRANSFER_COLUMNS = [
  "group",
  "round trip",
  "timing",
  "how",
  "times",
  "writes",
  "failed",
  "longest pause, median",
  "worst",
];

const WRITERS = 8;
const TRANSFER_MS = 4_000;
const UNDISTURBED_MS = 1_000;

/** The leader is asked to go while clients write at the other edges. */
export async function transfer(lab: Lab, generator: Generator, effort: Effort): Promise<Row[]> {
  const drains = (await lab.post(await lab.leader(), "/admin/drain")) < 300;
  if (drains) await lab.post(await lab.leader(), "/admin/undrain");
  const results: JobResult[] = [];
  for (let n = 0; n < effort.transfers; n++) {
    await lab.whole();
    const leader = await lab.leader();
    const others = lab.ids.filter((id) => id !== leader).map((id) => lab.urlOf(id));
    const running = generator.run(job(lab, "put", others, WRITERS, { measureMs: TRANSFER_MS }));
    await sleep(WARM_UP_MS + UNDISTURBED_MS);
    if (drains) await lab.post(leader, "/admin/drain");
    else await lab.shutDown(leader);
    results.push(await running);
    if (drains) await lab.post(leader, "/admin/undrain");
    else await lab.revive(leader);
  }
  const pauses = results.map(({ longestGapMs }) => longestGapMs);
  const writes = results.reduce((sum, { latencies }) => sum + latencies.length, 0);
  const failed = results.filter((result) => failuresOf(result) > 0).map(told);
  const how = drains ? "drain" : "SIGTERM";
  const cells = [
    how,
    results.length,
    writes,
    failed.length === 0 ? "0" : failed.join("; "),
    span(median(pauses)),
    span(Math.max(...pauses)),
  ];
  return [[...nameOf(lab.options), ...cells]];
}

export const IDLE_COLUMNS = ["group", "timing", "", "quiesced", "frames", "bytes", "row writes", "alarms"];

const COUNTERS = [
  "federation_frames_sent_total",
  "federation_bytes_sent_total",
  "storage_rows_written_total",
  "storage_alarms_set_total",
] as const;

/** Per hub and hour: a group that does nothing, the same while one client writes once a second, and what each write adds to all hubs. */
export async function idle(lab: Lab, generator: Generator, effort: Effort): Promise<Row[]> {
  const { voters, timing } = lab.options;
  const url = lab.urlOf(await lab.leader());
  const quiet = async (): Promise<boolean> =>
    (await Promise.all(lab.ids.map((id) => lab.status(id)))).every(({ quiesced }) => quiesced);
  await until("the group is quiesced", quiet);
  const before = await Promise.all(lab.ids.map((id) => lab.status(id)));
  const nothing = await counted(lab, () => sleep(effort.idleMs));
  const after = await Promise.all(lab.ids.map((id) => lab.status(id)));
  const untouched = after.every(
    ({ term, commit_index }, at) => term === before[at]?.term && commit_index === before[at]?.commit_index,
  );
  let written = 0;
  const busy = await counted(lab, async () => {
    const one = { pauseMs: 1_000, warmUpMs: 0, measureMs: effort.idleMs };
    written = (await generator.run(job(lab, "put", [url], 1, one))).latencies.length;
  });
  const perHour = ({ counts, elapsedMs }: Counted): Row =>
    counts.map((count) => Math.round((count / voters) * (HOUR_MS / elapsedMs)));
  const perWrite = busy.counts.map((count, at) => {
    const without = ((nothing.counts[at] as number) / nothing.elapsedMs) * busy.elapsedMs;
    return ((count - without) / Math.max(1, written)).toFixed(1);
  });
  const still = untouched && [...before, ...after].every(({ quiesced }) => quiesced);
  return [
    [
      `${voters} voters`,
      timing,
      "idle, per hub and hour",
      still ? "all the time" : "not all the time",
      ...perHour(nothing),
    ],
    [`${voters} voters`, timing, "a write each second, per hub and hour", "-", ...perHour(busy)],
    [`${voters} voters`, timing, "what a write adds, all hubs together", "-", ...perWrite],
  ];
}

interface Counted {
  readonly counts: readonly number[];
  readonly elapsedMs: number;
}

async function counted(lab: Lab, meanwhile: () => Promise<unknown>): Promise<Counted> {
  const read = (): Promise<number[]> => Promise.all(COUNTERS.map((name) => lab.counter(name)));
  const from = await read();
  const since = performance.now();
  await meanwhile();
  const elapsedMs = performance.now() - since;
  const to = await read();
  return { counts: to.map((count, at) => count - (from[at] as number)), elapsedMs };
}
