import { describe, expect, test } from "vitest";
import { Metrics } from "../common/metrics.ts";
import { Random } from "../common/random.ts";
import type { RouteQuestion } from "./question.ts";
import { Router } from "./router.ts";
import { rampShare, stickyCutoff } from "./spread.ts";
import { type ClusterSpec, clusterView, hubView, MemoryCatalog } from "./testing/memory-catalog.ts";
import { plainQuestion } from "./testing/question.ts";

const HERE = { latitude: 10, longitude: 10 };

const QUESTION: RouteQuestion = { ...plainQuestion("api", HERE), limit: 1 };

function routerOver(catalog: MemoryCatalog): Router {
  const self = hubView({ hubId: "self", at: HERE });
  return new Router({
    self,
    catalog,
    config: { maxGraphCacheSize: 50 },
    metrics: new Metrics(),
    random: new Random(5),
  });
}

function chosenBy(router: Router, question: Partial<RouteQuestion>, now = 0): string {
  const reply = router.route({ ...QUESTION, ...question }, now);
  if (!reply.ok) throw new Error(reply.problem.code);
  return reply.value.chosen.cluster_id;
}

function tally(router: Router, draws: number, now = 0): Map<string, number> {
  const counts = new Map<string, number>();
  for (let i = 0; i < draws; i++) {
    const id = chosenBy(router, { decisionId: `d-${i}` }, now);
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}

function catalogOf(specs: Readonly<Record<string, ClusterSpec>>): MemoryCatalog {
  const catalog = new MemoryCatalog();
  for (const [id, spec] of Object.entries(specs)) catalog.putCluster(clusterView(id, { at: HERE, ...spec }));
  return catalog;
}

describe("near-ties", () => {
  test("ROUTE-30: are spread by weight, within 10 % of the share", () => {
    const router = routerOver(catalogOf({ a: { service: { weight: 1 } }, b: { service: { weight: 3 } } }));
    const counts = tally(router, 4_000);
    expect(counts.get("b")).toBeGreaterThan(2_700);
    expect(counts.get("b")).toBeLessThan(3_300);
    expect(counts.get("a")).toBeGreaterThan(700);
  });

  test("ROUTE-30: are spread by free capacity: the one with half of it free gets half as much", () => {
    const specs = {
      a: { service: { capacity: 100, load: 0.1 } },
      b: { service: { capacity: 100, load: 0.2 } },
      c: { service: { capacity: 50, load: 0.1 } },
    };
    const counts = tally(routerOver(catalogOf(specs)), 4_000);
    const [a, b, c] = ["a", "b", "c"].map((id) => counts.get(id) ?? 0) as [number, number, number];
    expect(a / c).toBeGreaterThan(1.7);
    expect(a / c).toBeLessThan(2.3);
    expect(a / b).toBeGreaterThan(1);
  });

  test("ROUTE-30: the same decision id falls to the same cluster, a weight of zero to none while there is another", () => {
    const router = routerOver(catalogOf({ a: {}, b: {}, z: { service: { weight: 0 } } }));
    const first = Array.from({ length: 200 }, (_, i) => chosenBy(router, { decisionId: `d-${i}` }));
    const again = Array.from({ length: 200 }, (_, i) => chosenBy(router, { decisionId: `d-${i}` }));
    expect(again).toEqual(first);
    expect(first).not.toContain("z");
  });

  test("ROUTE-31: losing a cluster moves only the sticky keys that were on it", () => {
    const specs = Object.fromEntries(
      Array.from({ length: 12 }, (_, i) => [`c-${i}`, { at: { latitude: 10 + i / 20, longitude: 10 } }]),
    );
    const catalog = catalogOf(specs);
    const router = routerOver(catalog);
    const keys = Array.from({ length: 500 }, (_, i) => `user-${i}`);
    const before = new Map(keys.map((sticky) => [sticky, chosenBy(router, { sticky })]));
    expect(new Set(before.values()).size).toBeGreaterThan(3);
    for (const lost of new Set(before.values())) {
      catalog.removeCluster(lost);
      for (const sticky of keys) {
        const after = chosenBy(router, { sticky });
        if (before.get(sticky) !== lost) expect(after).toBe(before.get(sticky));
        else expect(after).not.toBe(lost);
      }
      catalog.putCluster(clusterView(lost, specs[lost] as ClusterSpec));
    }
  });

  test("ROUTE-31: the band of a score holds it, and is the same for all in it", () => {
    for (let score = 0; score < 500; score += 0.25) {
      const end = stickyCutoff(score);
      expect(end).toBeGreaterThan(score);
      expect(stickyCutoff((score + end) / 2)).toBeCloseTo(end, 9);
    }
  });

  test("ROUTE-32: a returning cluster gets a share that grows with its ramp", () => {
    const ramping: ClusterSpec = { record: { stateSince: 0, rampUntil: 10_000 } };
    const router = routerOver(catalogOf({ old: {}, back: ramping }));
    const shares = [100, 5_000, 10_000].map((now) => (tally(router, 3_000, now).get("back") ?? 0) / 3_000);
    expect(shares[0]).toBeLessThan(0.08);
    expect(shares[1]).toBeGreaterThan(0.28);
    expect(shares[1]).toBeLessThan(0.39);
    expect(shares[2]).toBeGreaterThan(0.45);
    expect(rampShare(0, 10_000, 10_000)).toBe(1);
  });

  test("ROUTE-33: a full cluster spills to the next, and nobody passes its capacity while any is left", () => {
    const CAPACITY = 200;
    const far = [0, 3, 6, 9].map((degrees) => ({ latitude: 10 + degrees, longitude: 10 }));
    const inFlight = new Map(far.map((_, i) => [`c-${i}`, 0]));
    const catalog = new MemoryCatalog();
    const publish = (): void =>
      far.forEach((at, i) => {
        const load = (inFlight.get(`c-${i}`) ?? 0) / CAPACITY;
        catalog.putCluster(clusterView(`c-${i}`, { at, service: { capacity: CAPACITY, load } }));
      });
    publish();
    const router = routerOver(catalog);
    for (let n = 0; n < CAPACITY * far.length; n++) {
      const id = chosenBy(router, { decisionId: `d-${n}` });
      inFlight.set(id, (inFlight.get(id) ?? 0) + 1);
      publish();
    }
    expect([...inFlight.values()]).toEqual(far.map(() => CAPACITY));
    expect(router.route(QUESTION, 0)).toMatchObject({ ok: false, problem: { code: "no_eligible_cluster" } });
  });
});
