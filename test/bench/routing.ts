/**
 * What one routing decision costs in the core. Usage: routing.ts [--json]
 *
 * Timed: `judge + rank`, which is all that a question with new constraints adds to a known cell, against a bare loop that scores the
 * same arrays and keeps the lowest (nothing that decides can do less); and the whole of `Router.route`: of a question asked before, with new
 * constraints, after one heartbeat, and from a new cell, which predicts for every place. With `explain` the decision is timed as it
 * leaves the router; its rows are made when they are first read, and that, with the JSON of it, is timed apart.
 */

import type { ClusterView } from "../../hub-core/common/catalog-view.ts";
import { fibreRttMs } from "../../hub-core/common/great-circle.ts";
import { Metrics } from "../../hub-core/common/metrics.ts";
import { Random } from "../../hub-core/common/random.ts";
import type { Coordinates } from "../../hub-core/common/types.ts";
import { breadthOf, rank } from "../../hub-core/routing/decide.ts";
import type { RouteQuestion } from "../../hub-core/routing/question.ts";
import { Router } from "../../hub-core/routing/router.ts";
import { RoutingTables } from "../../hub-core/routing/routing-tables.ts";
import { judge } from "../../hub-core/routing/rules.ts";
import { clusterView, hubView, MemoryCatalog } from "../../hub-core/routing/testing/memory-catalog.ts";
import { plainQuestion } from "../../hub-core/routing/testing/question.ts";
import { median, printReport, quantile, thisMachine } from "./table.ts";

const SIZES = [1_000, 10_000, 100_000];
/** Clusters stand in this many cities. */
const CITIES = 300;
const HUBS = 40;
const LINKS_PER_HUB = 8;
const OTHERS = 100_000;
const QUESTIONS = 400;
const ROUNDS = 7;
const WARM_UP = 2_000;
/** Explanations written out per round: each has as many rows as there are candidates. */
const EXPLAINED = 10;

const QUESTION: RouteQuestion = { ...plainQuestion("api", { latitude: -1.29, longitude: 36.82 }), decisionId: "d" };

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
    const owner = random.below(HUBS);
    const at = cities[random.below(CITIES)] as Coordinates;
    const checkRttMs = 3 + 1.5 * fibreRttMs(cities[owner] as Coordinates, at) * (1 + random.float());
    catalog.putCluster(clusterView(id, { at, owner: `hub-${owner}`, service, record: { checkRttMs } }));
  };
  for (let i = 0; i < clusters; i++) put(`c-${i}`, "api");
  for (let i = 0; i < others; i++) put(`o-${i}`, `other-${i % 100}`);
  return catalog;
}

interface Spread {
  readonly p50: number;
  /** Of the questions, each at the least of its rounds. */
  readonly p99: number;
  /** Of every single time taken. */
  readonly rawP99: number;
}

/**
 * µs. The machine is shared, and interrupts whatever runs for tens of µs about each ms: more than is measured. So the same questions
 * are asked in several rounds, and p99 is over questions, each at its least; what was measured in all is told beside it.
 */
function time(work: (i: number) => unknown, questions = QUESTIONS): Spread {
  for (let i = 0; i < Math.min(WARM_UP, questions * ROUNDS); i++) work(i);
  return spreadOf(
    Array.from({ length: ROUNDS }, (_, round) => timeRound(questions, WARM_UP + round * questions, work)),
  );
}

function timeRound(questions: number, from: number, work: (i: number) => unknown): number[] {
  return Array.from({ length: questions }, (_, i) => {
    const start = performance.now();
    const kept = work(from + i);
    const taken = (performance.now() - start) * 1_000;
    if (kept === null) throw new Error("the work made nothing");
    return taken;
  });
}

function spreadOf(rounds: readonly (readonly number[])[]): Spread {
  const least = (rounds[0] as readonly number[]).map((_, i) => Math.min(...rounds.map((round) => round[i] as number)));
  const all = rounds.flat();
  return { p50: median(all), p99: quantile(least, 0.99), rawP99: quantile(all, 0.99) };
}

/** The least that any decision does: read the arrays, add, compare. */
function bareLoop(slotOf: Int32Array, terms: Float32Array, fixed: Float32Array): number {
  let best = 0;
  let least = Infinity;
  for (let i = 0; i < slotOf.length; i++) {
    const score = (terms[slotOf[i] as number] as number) + (fixed[i] as number);
    if (score < least) {
      least = score;
      best = i;
    }
  }
  return best;
}

function routerOver(catalog: MemoryCatalog): Router {
  const self = hubView({ hubId: "hub-0", at: { latitude: 0, longitude: 0 } });
  const config = { maxGraphCacheSize: 1_000 };
  return new Router({ self, catalog, config, metrics: new Metrics(), random: new Random(1) });
}

function explanationOf(reply: ReturnType<Router["route"]>): string {
  return JSON.stringify(reply.ok ? reply.value.explain : null);
}

function measureKernel(catalog: MemoryCatalog): { bare: Spread; ranked: Spread; ratio: number } {
  const basis = new RoutingTables(catalog, 1_000, new Metrics()).basis(QUESTION, 0);
  if (!basis) throw new Error("somebody offers the service");
  const { table, latency } = basis;
  const rankAgain = (i: number): unknown => {
    const verdicts = judge(table, { ...QUESTION, version: `^1.2.${i % 4}` }, 0);
    return rank(table, verdicts, latency, "best", breadthOf(QUESTION.limit));
  };
  const scoreOnly = (): unknown => bareLoop(table.siteOf, latency.terms, table.fixed.best);
  // Turn by turn, so that both see the same machine.
  const turns = () =>
    Array.from({ length: ROUNDS }, (_, round) => ({
      bare: timeRound(QUESTIONS, round * QUESTIONS, scoreOnly),
      ranked: timeRound(QUESTIONS, round * QUESTIONS, rankAgain),
    }));
  turns();
  const measured = turns();
  return {
    bare: spreadOf(measured.map(({ bare }) => bare)),
    ranked: spreadOf(measured.map(({ ranked }) => ranked)),
    ratio: median(measured.map(({ bare, ranked }) => median(ranked) / median(bare))),
  };
}

function measure(candidates: number, others: number): (string | number)[] {
  const catalog = catalogOf(candidates, others);
  const kernel = measureKernel(catalog);
  const router = routerOver(catalog);
  const ask = (i: number, more: Partial<RouteQuestion> = {}): ReturnType<Router["route"]> =>
    router.route({ ...QUESTION, ...more, decisionId: `d-${i}` }, 0);
  const again = time((i) => ask(i));
  const explained = time((i) => ask(i, { explain: true }));
  const constrained = time((i) => ask(i, { exclude: [`gone-${i}`] }));
  const constrainedExplained = time((i) => ask(i, { exclude: [`out-${i}`], explain: true }));
  const random = new Random(3);
  const cells = Array.from({ length: QUESTIONS }, () => place(random));
  const newCell = time((i) => ask(i, { position: { ...(cells[i % QUESTIONS] as Coordinates), source: "query" } }));
  const heartbeats = beats(catalog, WARM_UP + ROUNDS * QUESTIONS);
  const beaten = time((i) => {
    catalog.putCluster(heartbeats[i] as ClusterView);
    return ask(i);
  });
  const written = time((i) => explanationOf(ask(i, { explain: true })), EXPLAINED);
  const label = `${candidates}${others > 0 ? ` + ${others} of other services` : ""}`;
  const spread = ({ p50, p99, rawP99 }: Spread): string => [p50, p99, rawP99].map((us) => us.toFixed(1)).join(" / ");
  return [
    label,
    spread(kernel.bare),
    spread(kernel.ranked),
    kernel.ratio.toFixed(2),
    ...[again, explained, constrained, constrainedExplained, beaten, newCell, written].map(spread),
  ];
}

/** Of clusters picked at random, each with another load. */
function beats(catalog: MemoryCatalog, count: number): ClusterView[] {
  const random = new Random(11);
  const clusters = [...catalog.clustersOffering("api")];
  return Array.from({ length: count }, () => {
    const cluster = random.pick(clusters) as ClusterView;
    const services = cluster.record.services.map((service) => ({ ...service, load: random.float() * 0.9 }));
    return { ...cluster, record: { ...cluster.record, services } };
  });
}

// For the compiler: what it makes of the first loops that it sees is not what it makes of the next.
measureKernel(catalogOf(1_000, 0));
printReport(
  {
    title: "Routing decision, µs (p50 / p99 / raw p99)",
    machine: thisMachine(),
    columns: [
      "candidates",
      "bare loop",
      "judge + rank",
      "ratio p50",
      "route again",
      "+ explain",
      "new constraints",
      "+ explain",
      "after a heartbeat",
      "new cell",
      "explain to JSON",
    ],
    rows: [...SIZES.map((size) => measure(size, 0)), measure(1_000, OTHERS)],
    notes: [
      `p99: over ${QUESTIONS} questions, each at the least of ${ROUNDS} rounds; raw p99: of all times, with what else this machine does`,
      "ratio: judge + rank against a bare loop over the same arrays, median of turns in which both ran",
      "explain: the decision as it leaves the router; its rows are made when read, timed in the last column with their JSON",
      `${CITIES} cities, ${HUBS} hubs with ${LINKS_PER_HUB} measured links each and round trips to their clusters`,
    ],
  },
  process.argv.includes("--json"),
);
