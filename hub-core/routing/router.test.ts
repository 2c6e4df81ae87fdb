import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Metrics } from "../common/metrics.ts";
import type { Reply } from "../common/problem.ts";
import { Random } from "../common/random.ts";
import { CLUSTER_STATES, type ClusterRecord } from "../wire/catalog.ts";
import type { Explanation } from "./explain.ts";
import { REPORT_FRESH_MS } from "./latency-model.ts";
import type { RouteQuestion } from "./question.ts";
import { STRATEGIES } from "./question.ts";
import { type RouteAnswer, Router } from "./router.ts";
import { RULES } from "./rules.ts";
import { clusterView, hubView, MemoryCatalog } from "./testing/memory-catalog.ts";
import { plainQuestion } from "./testing/question.ts";

const NAIROBI = { latitude: -1.2921, longitude: 36.8219 };
const FRANKFURT = { latitude: 50.1109, longitude: 8.6821 };
const SYDNEY = { latitude: -33.8688, longitude: 151.2093 };

const QUESTION: RouteQuestion = { ...plainQuestion("api", NAIROBI), decisionId: "d-1" };

function routerOver(catalog: MemoryCatalog, maxGraphCacheSize = 100): Router {
  const self = hubView({ hubId: "self", at: FRANKFURT });
  return new Router({ self, catalog, config: { maxGraphCacheSize }, metrics: new Metrics(), random: new Random(1) });
}

function value(reply: Reply<RouteAnswer>): RouteAnswer {
  if (!reply.ok) throw new Error(reply.problem.code);
  return reply.value;
}

function problem(reply: Reply<RouteAnswer>): { status: number; code: string; explain: Explanation | undefined } {
  if (reply.ok) throw new Error("answered");
  const { status, code, extra } = reply.problem;
  return { status, code, explain: extra?.explain as Explanation | undefined };
}

const clusters = fc.array(
  fc.record({
    at: fc.record({
      latitude: fc.integer({ min: -60, max: 60 }),
      longitude: fc.integer({ min: -180, max: 180 }),
    }),
    state: fc.constantFrom(...CLUSTER_STATES),
    load: fc.integer({ min: 0, max: 100 }).map((percent) => percent / 100),
    capacity: fc.constantFrom(null, 0, 10, 1_000),
    jurisdiction: fc.constantFrom(null, "eu", "us"),
    healthy: fc.boolean(),
    vouched: fc.boolean(),
    weight: fc.integer({ min: 0, max: 5 }),
    offers: fc.constantFrom("api", "other"),
  }),
  { minLength: 1, maxLength: 25 },
);

const questions = fc.record({
  strategy: fc.constantFrom(...STRATEGIES),
  limit: fc.integer({ min: 1, max: 10 }),
  jurisdiction: fc.constantFrom(null, "eu"),
  sticky: fc.constantFrom(null, "user-1", "user-2"),
  decisionId: fc.string({ minLength: 1, maxLength: 6 }),
  exclude: fc.constantFrom([], ["c-0", "c-1"]),
});

const catalogs = clusters.map((specs) => {
  const catalog = new MemoryCatalog().putHub(hubView({ hubId: "hub", at: FRANKFURT }));
  specs.forEach(({ at, state, load, capacity, jurisdiction, healthy, vouched, weight, offers }, i) => {
    const service = { name: offers, load, capacity, healthy, weight };
    catalog.putCluster(clusterView(`c-${i}`, { at, vouched, service, record: { state, jurisdiction } }));
  });
  return catalog;
});

/** Something that may happen to a catalog between two questions. */
const changes = fc.record({
  kind: fc.constantFrom("none", "load", "state", "owner", "move", "leave", "check", "hub", "link", "report"),
  cluster: fc.integer({ min: 0, max: 4 }).map((i) => `c-${i}`),
  part: fc.integer({ min: 0, max: 99 }).map((percent) => percent / 100),
});

function apply(catalog: MemoryCatalog, { kind, cluster, part }: { kind: string; cluster: string; part: number }): void {
  const held = catalog.cluster(cluster);
  const record = (more: Partial<ClusterRecord>): void => {
    if (held) catalog.putCluster({ ...held, record: { ...held.record, ...more } });
  };
  const at = { latitude: 100 * part - 50, longitude: 300 * part - 150 };
  switch (kind) {
    case "load":
      return record({ load: part });
    case "state":
      return record({ state: CLUSTER_STATES[Math.floor(part * CLUSTER_STATES.length)] ?? "passing" });
    case "owner":
      if (held) catalog.putCluster({ ...held, owner: "other", vouched: part > 0.5 });
      return;
    case "move":
      return record({ coordinates: at });
    case "leave":
      return void catalog.removeCluster(cluster);
    case "check":
      return record({ checkRttMs: 300 * part });
    case "hub":
      return void catalog.putHub(hubView({ hubId: "other", at, state: part > 0.5 ? "alive" : "failed" }));
    case "link":
      return void catalog.putLinks("hub", [{ peer: "other", rttMs: 1 + 300 * part, loss: 0, utilisation: 0 }]);
    case "report":
      return void catalog.putLatency("hub", {
        kind: "latency",
        from: "hub",
        coordinates: null,
        to: cluster,
        rttMs: 1 + 300 * part,
        observedAt: 0,
      });
    default:
      return;
  }
}

describe("a decision", () => {
  test("ROUTE-10: never names a cluster that a rule removed, and none is eligible exactly when it is refused", () => {
    fc.assert(
      fc.property(catalogs, questions, (catalog, asked) => {
        const reply = routerOver(catalog).route({ ...QUESTION, ...asked, explain: true }, 0);
        if (!reply.ok && reply.problem.code === "service_unknown") return;
        if (!reply.ok) {
          expect(problem(reply).explain?.candidates.every(({ eligible }) => !eligible)).toBe(true);
          return;
        }
        const { chosen, alternatives, explain } = reply.value;
        const eligible = new Set(explain?.candidates.filter((row) => row.eligible).map((row) => row.cluster_id));
        for (const { cluster_id } of [chosen, ...alternatives]) expect(eligible.has(cluster_id)).toBe(true);
      }),
    );
  });

  test("ROUTE-11: explain lists every offering cluster once, with one rule or with terms that add up exactly", () => {
    fc.assert(
      fc.property(catalogs, questions, (catalog, asked) => {
        const reply = routerOver(catalog).route({ ...QUESTION, ...asked, explain: true }, 0);
        const explain = reply.ok ? reply.value.explain : problem(reply).explain;
        if (!explain) return;
        const offering = [...catalog.clustersOffering("api")].map(({ record }) => record.clusterId).sort();
        expect(explain.candidates.map(({ cluster_id }) => cluster_id).sort()).toEqual(offering);
        for (const { eligible, filtered_by, score, terms } of explain.candidates) {
          expect(eligible).toBe(filtered_by === undefined);
          if (!terms) continue;
          const { latency, load, health, cost, policy } = terms;
          expect(latency + load + health + cost + policy).toBe(score);
          expect(policy + cost + health + load + latency).toBe(score);
        }
        expect(explain.rules).toEqual(RULES);
      }),
    );
  });

  test("ROUTE-11: the chosen one and its alternatives carry the very scores of the explanation, best first", () => {
    fc.assert(
      fc.property(catalogs, questions, (catalog, asked) => {
        const reply = routerOver(catalog).route({ ...QUESTION, ...asked, explain: true }, 0);
        if (!reply.ok) return;
        const { chosen, alternatives, explain } = reply.value;
        const scores = new Map(explain?.candidates.map(({ cluster_id, score }) => [cluster_id, score]));
        for (const one of [chosen, ...alternatives]) expect(one.score).toBe(scores.get(one.cluster_id));
        const order = alternatives.map(({ score }) => score);
        expect(order).toEqual([...order].sort((a, b) => a - b));
        const left = [...scores.values()].flatMap((score) => score ?? []).sort((a, b) => a - b);
        if (order.length > 0) expect(Math.min(chosen.score, order[0] as number)).toBe(left[0]);
      }),
    );
  });

  test("ROUTE-12: names at most `limit` clusters, each once", () => {
    fc.assert(
      fc.property(catalogs, questions, (catalog, asked) => {
        const reply = routerOver(catalog).route({ ...QUESTION, ...asked }, 0);
        if (!reply.ok) return;
        const named = [reply.value.chosen, ...reply.value.alternatives].map(({ cluster_id }) => cluster_id);
        expect(named.length).toBeLessThanOrEqual(asked.limit);
        expect(new Set(named).size).toBe(named.length);
      }),
    );
  });

  test("ROUTE-13: a used router answers as a fresh one does, whatever changed, and with a tiny cache", () => {
    fc.assert(
      fc.property(
        catalogs,
        fc.array(fc.tuple(questions, changes), { minLength: 1, maxLength: 8 }),
        fc.integer({ min: -60, max: 60 }),
        (catalog, asked, latitude) => {
          const warm = routerOver(catalog);
          const tiny = routerOver(catalog, 1);
          for (const [one, change] of asked) {
            const place = one.limit % 2 === 0 ? "hub" : undefined;
            const position = { latitude, longitude: 10, source: "query" as const, ...(place ? { place } : {}) };
            const question = { ...QUESTION, ...one, position, explain: true };
            warm.route(question, 0);
            tiny.route(question, 0);
            apply(catalog, change);
            const fresh = routerOver(catalog).route(question, 0);
            expect(warm.route(question, 0)).toEqual(fresh);
            expect(tiny.route(question, 0)).toEqual(fresh);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test("ROUTE-13: a report stops counting when it is too old, though nothing else changes", () => {
    const catalog = new MemoryCatalog().putCluster(clusterView("c", { at: SYDNEY }));
    catalog.putLatency("h", { kind: "latency", from: "NBO", coordinates: null, to: "c", rttMs: 400, observedAt: 0 });
    const router = routerOver(catalog);
    const position = { ...NAIROBI, source: "place" as const, place: "NBO" };
    const sources = [0, REPORT_FRESH_MS, REPORT_FRESH_MS + 1].map((changedAt) => {
      catalog.changedAt = changedAt;
      return value(router.route({ ...QUESTION, position }, 0)).chosen.latency_source;
    });
    expect(sources).toEqual(["measured", "measured", "geographic"]);
  });

  test("ROUTE-13: the cache never holds more than its limit", () => {
    const catalog = new MemoryCatalog().putCluster(clusterView("c")).putHub(hubView({ hubId: "hub", at: FRANKFURT }));
    const router = routerOver(catalog, 8);
    for (let i = 0; i < 100; i++) {
      router.route({ ...QUESTION, position: { latitude: 0, longitude: i, source: "query" } }, 0);
      expect(router.cached.entries).toBeLessThanOrEqual(8);
    }
  });

  test("ROUTE-13: a maintenance window takes effect without a change of the catalog", () => {
    const maintenance = { startsAt: 100, endsAt: 200 };
    const catalog = new MemoryCatalog().putCluster(clusterView("c", { record: { maintenance } }));
    const router = routerOver(catalog);
    expect([0, 150, 250].map((now) => router.route(QUESTION, now).ok)).toEqual([true, false, true]);
  });

  test("ROUTE-14: unknown service, nothing eligible, and data too old are three different refusals", () => {
    const catalog = new MemoryCatalog().putCluster(clusterView("c", { record: { state: "draining" } }));
    catalog.changedAt = 1_000;
    const router = routerOver(catalog);
    expect(problem(router.route({ ...QUESTION, service: "nobody" }, 1_000))).toMatchObject({
      status: 404,
      code: "service_unknown",
    });
    const none = problem(router.route(QUESTION, 1_000));
    expect(none).toMatchObject({ status: 503, code: "no_eligible_cluster" });
    expect(none.explain?.candidates).toEqual([{ cluster_id: "c", eligible: false, filtered_by: "drain" }]);
    catalog.putHub(hubView({ hubId: "hub", at: NAIROBI, state: "failed" })).since.set("hub", 1_000);
    const stale = router.route({ ...QUESTION, maxAgeMs: 500 }, 2_000);
    expect(stale).toMatchObject({ ok: false, problem: { status: 503, code: "stale", extra: { data_age_ms: 1_000 } } });
    catalog.putCluster(clusterView("d"));
    expect(problem(router.route({ ...QUESTION, maxAgeMs: 500 }, 2_000)).code).toBe("stale");
    expect(value(router.route(QUESTION, 2_000))).toMatchObject({ data_age_ms: 1_000, chosen: { cluster_id: "d" } });
  });

  test("ROUTE-3: a cluster whose owner is away is chosen when there is no other, however far, busy or ailing that one is", () => {
    const load = fc.integer({ min: 0, max: 100 }).map((percent) => percent / 100);
    fc.assert(
      fc.property(fc.constantFrom(...STRATEGIES), load, fc.boolean(), fc.string(), (strategy, busy, ailing, sticky) => {
        const state = ailing ? ("warning" as const) : ("passing" as const);
        const catalog = new MemoryCatalog()
          .putCluster(clusterView("away", { at: NAIROBI, vouched: false }))
          .putCluster(clusterView("far", { at: SYDNEY, service: { load: busy }, record: { state } }));
        const asked = { ...QUESTION, strategy, sticky };
        expect(value(routerOver(catalog).route(asked, 0)).chosen.cluster_id).toBe("far");
        const alone = catalog.removeCluster("far");
        expect(value(routerOver(alone).route(asked, 0)).chosen.cluster_id).toBe("away");
      }),
    );
  });

  test("ROUTE-15: strategies: nearest ignores load, least_loaded puts it first, best weighs both", () => {
    const catalog = new MemoryCatalog()
      .putCluster(clusterView("near-busy", { at: NAIROBI, service: { load: 0.97 } }))
      .putCluster(clusterView("mid-idle", { at: FRANKFURT, service: { load: 0.5 } }))
      .putCluster(clusterView("far-idle", { at: SYDNEY, service: { load: 0 } }));
    const router = routerOver(catalog);
    const chosen = STRATEGIES.map((strategy) => value(router.route({ ...QUESTION, strategy }, 0)).chosen.cluster_id);
    expect(chosen).toEqual(["mid-idle", "near-busy", "far-idle", "mid-idle"]);
  });

  test("ROUTE-16: the path leads from the hub nearest to the client to the owner, and not over failed hubs", () => {
    const hubs = new MemoryCatalog()
      .putHub(hubView({ hubId: "eu", at: FRANKFURT, tier: "global" }))
      .putHub(hubView({ hubId: "ke", at: NAIROBI, tier: "regional", parent: "eu" }))
      .putHub(hubView({ hubId: "au", at: SYDNEY, tier: "regional", parent: "eu" }))
      .putLinks("ke", [{ peer: "au", rttMs: 900, loss: 0, utilisation: 0 }])
      .putLinks("eu", [
        { peer: "ke", rttMs: 140, loss: 0, utilisation: 0 },
        { peer: "au", rttMs: 250, loss: 0, utilisation: 0 },
      ])
      .putCluster(clusterView("c", { at: SYDNEY, owner: "au" }));
    const router = routerOver(hubs);
    expect(value(router.route(QUESTION, 0))).toMatchObject({ path: ["ke", "eu", "au"], path_latency_ms: 390 });
    hubs.putHub(hubView({ hubId: "eu", at: FRANKFURT, tier: "global", state: "failed" }));
    expect(value(router.route(QUESTION, 0))).toMatchObject({ path: ["ke", "au"], path_latency_ms: 900 });
    hubs.putHub(hubView({ hubId: "au", at: SYDNEY, state: "failed" }));
    expect(value(router.route(QUESTION, 0))).toMatchObject({ path: [], path_latency_ms: null });
  });
});

describe("the way to a cluster that another hub stands in for", () => {
  test("ROUTE-16: leads to the hub that the cluster is nearest to, not to one across the sea", () => {
    const adopted = clusterView("c", { at: NAIROBI, owner: "au", record: { homeHub: "ke" } });
    const hubs = new MemoryCatalog()
      .putHub(hubView({ hubId: "eu", at: FRANKFURT, tier: "global" }))
      .putHub(hubView({ hubId: "au", at: SYDNEY, tier: "regional", parent: "eu" }))
      .putHub(hubView({ hubId: "ke", at: NAIROBI, tier: "regional", parent: "eu" }))
      .putCluster(adopted);
    const router = routerOver(hubs);
    expect(value(router.route(QUESTION, 0))).toMatchObject({
      path: ["ke"],
      path_latency_ms: 0,
      chosen: { hub_id: "au" },
    });
    hubs.putHub(hubView({ hubId: "ke", at: NAIROBI, state: "failed" }));
    expect(value(router.route(QUESTION, 0)).path).toEqual(["eu"]);
  });
});

describe("paths and topology", () => {
  const catalog = new MemoryCatalog();
  catalog.putHub(hubView({ hubId: "g", at: FRANKFURT, tier: "global" }));
  for (const hubId of ["a", "b"]) catalog.putHub(hubView({ hubId, at: NAIROBI, tier: "regional", parent: "g" }));
  catalog.putLinks("a", [{ peer: "b", rttMs: 10, loss: 0.5, utilisation: 0 }]);
  const router = routerOver(catalog);

  test("ROUTE-25: paths are answered shortest first, with a backup that shares no edge; unknown hubs are named", () => {
    const reply = router.request({ kind: "paths", from: "a", to: "b", k: 2 }, 0);
    expect(reply).toMatchObject({
      ok: true,
      value: {
        paths: [{ hubs: ["a", "b"], latency_ms: 10, cost: 20 }, { hubs: ["a", "g", "b"] }],
        disjoint_backup: { hubs: ["a", "g", "b"], primary: { hubs: ["a", "b"] } },
      },
    });
    const unknown = router.request({ kind: "paths", from: "a", to: "nobody", k: 2 }, 0);
    expect(unknown).toMatchObject({ ok: false, problem: { status: 404, code: "hub_unknown" } });
    const tooMany = router.request({ kind: "paths", from: "a", to: "b", k: 1_000 }, 0);
    expect(tooMany).toMatchObject({ ok: false, problem: { status: 400, code: "k_out_of_range" } });
  });

  test("ROUTE-26: the topology tells measured edges from estimated ones", () => {
    const reply = router.request({ kind: "topology" }, 0);
    expect(reply).toMatchObject({
      ok: true,
      value: {
        nodes: [{ id: "a" }, { id: "b" }, { id: "g" }],
        edges: [
          { from: "a", to: "b", kind: "sibling", measured: true, rtt_ms: 10, loss: 0.5 },
          { from: "a", to: "g", kind: "parent", measured: false, loss: null },
          { from: "b", to: "g", kind: "parent", measured: false, loss: null },
        ],
      },
    });
  });
});
