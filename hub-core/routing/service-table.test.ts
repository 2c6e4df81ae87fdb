import { describe, expect, test } from "vitest";
import { Metrics } from "../common/metrics.ts";
import { Random } from "../common/random.ts";
import type { Explanation } from "./explain.ts";
import type { RouteQuestion } from "./question.ts";
import { Router } from "./router.ts";
import { type ClusterSpec, clusterView, hubView, MemoryCatalog } from "./testing/memory-catalog.ts";
import { plainQuestion } from "./testing/question.ts";

const CLUSTERS = 1_000;
const HERE = { latitude: 10, longitude: 10 };
const QUESTION: RouteQuestion = { ...plainQuestion("api", HERE), decisionId: "d" };

function specOf(i: number, more: ClusterSpec = {}): ClusterSpec {
  return { at: { latitude: i % 50, longitude: i % 70 }, ...more };
}

function catalogOf(): MemoryCatalog {
  const catalog = new MemoryCatalog()
    .putHub(hubView({ hubId: "hub", at: HERE }))
    .putHub(hubView({ hubId: "far", at: { latitude: 40, longitude: 60 } }))
    .putLinks("hub", [{ peer: "far", rttMs: 90, loss: 0, utilisation: 0 }]);
  for (let i = 0; i < CLUSTERS; i++) {
    catalog.putCluster(clusterView(`c-${i}`, specOf(i)));
    catalog.putCluster(clusterView(`o-${i}`, specOf(i, { service: { name: "other" } })));
  }
  return catalog;
}

interface Followed {
  readonly router: Router;
  readonly metrics: Metrics;
}

function routerOver(catalog: MemoryCatalog): Followed {
  const self = hubView({ hubId: "hub", at: HERE });
  const metrics = new Metrics();
  const config = { maxGraphCacheSize: 100 };
  return { router: new Router({ self, catalog, config, metrics, random: new Random(1) }), metrics };
}

interface Work {
  readonly rows: number;
  readonly tables: number;
  readonly columns: number;
  readonly models: number;
  readonly graphs: number;
}

function workOf(metrics: Metrics): Work {
  const rebuilt = (of: string): number => metrics.value("routing_rebuilds_total", { of });
  return {
    rows: metrics.value("routing_rows_written_total"),
    tables: rebuilt("table"),
    columns: rebuilt("column"),
    models: rebuilt("model"),
    graphs: rebuilt("graph"),
  };
}

/** What a question costs after a change, in work that follows the catalog. */
function workAfter({ router, metrics }: Followed, change: () => void, question: Partial<RouteQuestion> = {}): Work {
  const before = workOf(metrics);
  change();
  router.route({ ...QUESTION, ...question }, 0);
  const after = workOf(metrics);
  return {
    rows: after.rows - before.rows,
    tables: after.tables - before.tables,
    columns: after.columns - before.columns,
    models: after.models - before.models,
    graphs: after.graphs - before.graphs,
  };
}

const NOTHING: Work = { rows: 0, tables: 0, columns: 0, models: 0, graphs: 0 };

describe("following the catalog", () => {
  test("ROUTE-17: a heartbeat writes one row, and nothing else is made anew", () => {
    const catalog = catalogOf();
    const followed = routerOver(catalog);
    const { router } = followed;
    for (const service of ["api", "other"]) router.route({ ...QUESTION, service }, 0);
    const heartbeat = (i: number, more: ClusterSpec) => () => {
      catalog.putCluster(clusterView(`c-${i}`, specOf(i, more)));
    };
    const changes: ClusterSpec[] = [
      { service: { load: 0.7 } },
      { record: { state: "draining" } },
      { record: { rampUntil: 10_000, stateSince: 5 } },
      { vouched: false },
      { service: { weight: 9, capacity: 10 } },
      { record: { updatedAt: 77, inFlight: 3 } },
    ];
    changes.forEach((change, i) => {
      expect(workAfter(followed, heartbeat(i, change))).toEqual({ ...NOTHING, rows: 1 });
    });
    expect(workAfter(followed, () => undefined, { service: "other" })).toEqual(NOTHING);
  });

  test("ROUTE-17: many heartbeats of one cluster before a question are one row; those of other services are none", () => {
    const catalog = catalogOf();
    const followed = routerOver(catalog);
    const { router } = followed;
    router.route(QUESTION, 0);
    const many = (id: string, name: string) => () => {
      for (let i = 0; i < 20; i++) catalog.putCluster(clusterView(id, specOf(1, { service: { name, load: i / 20 } })));
    };
    expect(workAfter(followed, many("c-1", "api"))).toEqual({ ...NOTHING, rows: 1 });
    expect(workAfter(followed, many("o-1", "other"))).toEqual(NOTHING);
  });

  test("ROUTE-17: a cluster that comes, goes, moves or is released anew rebuilds the table of its own service alone", () => {
    const catalog = catalogOf();
    const followed = routerOver(catalog);
    const { router } = followed;
    for (const service of ["api", "other"]) router.route({ ...QUESTION, service }, 0);
    const release = () => void catalog.putCluster(clusterView("c-1", specOf(1, { service: { version: "2.0.0" } })));
    expect(workAfter(followed, release)).toMatchObject({ tables: 1, rows: CLUSTERS, models: 0 });
    const leave = () => void catalog.removeCluster("c-2");
    expect(workAfter(followed, leave)).toMatchObject({ tables: 1, rows: CLUSTERS - 1 });
    expect(workAfter(followed, () => undefined, { service: "other" })).toMatchObject({ tables: 0, rows: 0 });
  });

  test("ROUTE-17: news of the network makes latencies and graph anew, and no table", () => {
    const catalog = catalogOf();
    const followed = routerOver(catalog);
    const { router } = followed;
    router.route(QUESTION, 0);
    const links = () => void catalog.putLinks("hub", [{ peer: "far", rttMs: 120, loss: 0, utilisation: 0 }]);
    expect(workAfter(followed, links)).toEqual({ ...NOTHING, columns: 1, models: 1, graphs: 1 });
  });

  test("ROUTE-17: when it is too long ago to tell what changed, the table is built again", () => {
    const catalog = catalogOf();
    const followed = routerOver(catalog);
    const { router } = followed;
    router.route(QUESTION, 0);
    const all = () => {
      for (let i = 0; i < 100; i++) catalog.putCluster(clusterView(`c-${i}`, specOf(i, { service: { load: 0.5 } })));
    };
    expect(workAfter(followed, all)).toMatchObject({ tables: 1, rows: CLUSTERS, columns: 1 });
  });

  test("ROUTE-11: an explanation that is read after a change tells what the decision was made from", () => {
    const catalog = catalogOf();
    const followed = routerOver(catalog);
    const { router } = followed;
    const explained = (): Explanation => {
      const reply = router.route({ ...QUESTION, explain: true }, 0);
      if (!reply.ok || !reply.value.explain) throw new Error("explained");
      return reply.value.explain;
    };
    const read = explained();
    const early = structuredClone(read.candidates);
    const late = explained();
    for (const state of ["critical", "draining"] as const) {
      catalog.putCluster(clusterView("c-0", specOf(0, { record: { state } })));
      expect(explained().candidates[0]).toMatchObject({ eligible: false });
    }
    expect(late.candidates).toEqual(early);
    expect(JSON.parse(JSON.stringify(late))).toEqual({ candidates: early, rules: read.rules });
  });
});
