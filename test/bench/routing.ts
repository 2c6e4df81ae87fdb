/**
 * What one routing decision costs in the core. Usage: routing.ts [--json]
 *
 * Timed: `rank`, which scores and orders all candidates, once per cell, constraints and view; `decide` over
 * that, as for every question after the first; `decide` and then all rows of `explain`; the whole of `Router.route`; and a first question from a new cell, which predicts
 * for every place. The bare loop scores the same arrays and keeps the lowest: nothing that decides can do less.
 */
import { Metrics } from "../../hub-core/common/metrics.ts";
import { Random } from "../../hub-core/common/random.ts";
import type { Coordinates } from "../../hub-core/common/types.ts";
import { buildCandidateTable, type CandidateTable } from "../../hub-core/routing/candidate-table.ts";
import { decide, rank } from "../../hub-core/routing/decide.ts";
import { explain } from "../../hub-core/routing/explain.ts";
import type { RouteQuestion } from "../../hub-core/routing/question.ts";
import { Router } from "../../hub-core/routing/router.ts";
import { RoutingTables } from "../../hub-core/routing/routing-tables.ts";
import { clusterView, hubView, MemoryCatalog } from "../../hub-core/routing/testing/memory-catalog.ts";
import { printReport, thisMachine } from "./table.ts";

const SIZES = [1_000, 10_000, 100_000];
/** Clusters stand in this many cities. */
const CITIES = 300;
const HUBS = 40;
const LINKS_PER_HUB = 8;
const OTHERS = 100_000;
/** Of explanations fewer are drawn: each makes as many rows as there are candidates. */
const SAMPLES = 4_000;
const EXPLAINED_CELLS = 4_000_000;
const WARM_UP = 500;

const QUESTION: RouteQuestion = {
  service: "api",
  position: { latitude: -1.29, longitude: 36.82, source: "query" },
  tags: [],
  version: null,
  namespace: null,
  jurisdiction: null,
  exclude: [],
  sticky: null,
  limit: 3,
  maxAgeMs: null,
  explain: false,
  strategy: "best",
  decisionId: "d",
};

function place(random: Random): Coordinates {
  return { latitude: 120 * random.float() - 60, longitude: 360 * random.float() - 180 };
}

function catalogOf(clusters: number, others: number): MemoryCatalog {
  const random = new Random(7);
  const catalog = new MemoryCatalog();
  const cities = Array.from({ length: CITIES }, () => place(random));
  for (let i = 0; i < HUBS; i++) catalog.putHub(hubView({ hubId: `hub-${i}`, at: cities[i] as Coordinates }));
  for (let i = 0; i < HUBS; i++) {
    const links = Array.from({ length: LINKS_PER_HUB }, (_, k) => ({
      peer: `hub-${(i + 1 + k * k) % HUBS}`,
      rttMs: 5 + 200 * random.float(),
      loss: 0,
      utilisation: 0,
    }));
    catalog.putLinks(`hub-${i}`, links);
  }
  const put = (id: string, name: string): void => {
    const service = { name, load: random.float() * 0.9, capacity: 100, weight: 1 + random.below(4) };
    const owner = `hub-${random.below(HUBS)}`;
    catalog.putCluster(clusterView(id, { at: cities[random.below(CITIES)] as Coordinates, owner, service }));
  };
  for (let i = 0; i < clusters; i++) put(`c-${i}`, "api");
  for (let i = 0; i < others; i++) put(`o-${i}`, `other-${i % 100}`);
  return catalog;
}

interface Spread {
  readonly p50: number;
  readonly p99: number;
}

/** µs. */
function time(samples: number, work: (i: number) => unknown): Spread {
  let kept: unknown;
  for (let i = 0; i < Math.min(WARM_UP, samples); i++) kept = work(i);
  const taken = new Float64Array(samples);
  for (let i = 0; i < samples; i++) {
    const start = performance.now();
    kept = work(i);
    taken[i] = (performance.now() - start) * 1_000;
  }
  if (kept === null) throw new Error("the work made nothing");
  taken.sort();
  return { p50: taken[Math.floor(samples / 2)] as number, p99: taken[Math.floor(samples * 0.99)] as number };
}

/** The least that any decision does: read both arrays, add, compare. */
function bareLoop(latency: Float32Array, fixed: Float32Array): number {
  let best = 0;
  let least = Infinity;
  for (let i = 0; i < latency.length; i++) {
    const score = (latency[i] as number) + (fixed[i] as number);
    if (score < least) {
      least = score;
      best = i;
    }
  }
  return best;
}

function explainedOf(candidates: number): number {
  return Math.max(40, Math.min(SAMPLES, Math.floor(EXPLAINED_CELLS / candidates)));
}

function routerOver(catalog: MemoryCatalog): Router {
  const self = hubView({ hubId: "hub-0", at: { latitude: 0, longitude: 0 } });
  const config = { maxGraphCacheSize: 1_000 };
  return new Router({ self, catalog, config, metrics: new Metrics(), random: new Random(1) });
}

function measure(candidates: number, others: number): (string | number)[] {
  const catalog = catalogOf(candidates, others);
  const tables = new RoutingTables(catalog, 1_000);
  const table = tables.table("api") as CandidateTable;
  const verdicts = tables.verdicts(table, QUESTION, 0);
  const column = tables.column(table, QUESTION.position, "best");
  const ranking = tables.ranking(table, verdicts, column, QUESTION);
  const { fixed } = table.terms.best;
  const ids = Array.from({ length: SAMPLES }, (_, i) => `d-${i}`);
  const choice = (i: number): { limit: number; sticky: null; strategy: "best"; decisionId: string } => ({
    limit: 3,
    sticky: null,
    strategy: "best",
    decisionId: ids[i] as string,
  });
  const bare = time(SAMPLES, () => bareLoop(column.terms, fixed));
  const ranked = time(explainedOf(candidates), () => rank(table, verdicts, column, "best"));
  const decided = time(SAMPLES, (i) => decide(table, ranking, choice(i), 0));
  const withReason = time(explainedOf(candidates), (i) => {
    decide(table, ranking, choice(i), 0);
    return explain(table, verdicts, column, ranking, "best");
  });
  const router = routerOver(catalog);
  const routed = time(SAMPLES, (i) => router.route({ ...QUESTION, decisionId: ids[i] as string }, 0));
  const random = new Random(3);
  const newCell = time(200, () => router.route({ ...QUESTION, position: { ...place(random), source: "query" } }, 0));
  const start = performance.now();
  buildCandidateTable(catalog, "api");
  const built = performance.now() - start;
  const label = `${candidates}${others > 0 ? ` + ${others} of other services` : ""}`;
  const spread = ({ p50, p99 }: Spread): string => `${p50.toFixed(1)} / ${p99.toFixed(1)}`;
  return [
    label,
    spread(bare),
    spread(ranked),
    (ranked.p50 / bare.p50).toFixed(2),
    spread(decided),
    spread(routed),
    spread(withReason),
    spread(newCell),
    built.toFixed(1),
  ];
}

printReport(
  {
    title: "Routing decision, µs (p50 / p99)",
    machine: thisMachine(),
    columns: [
      "candidates",
      "bare loop",
      "rank",
      "ratio p50",
      "decide",
      "route",
      "decide + explain",
      "route, new cell",
      "table ms",
    ],
    rows: [...SIZES.map((size) => measure(size, 0)), measure(1_000, OTHERS)],
    notes: [
      "ratio: rank against a bare loop that only scores the same arrays",
      `${CITIES} cities, ${HUBS} hubs with ${LINKS_PER_HUB} measured links each; explain makes one row per candidate`,
    ],
  },
  process.argv.includes("--json"),
);
