import fc from "fast-check";
import { expect, test } from "vitest";
import { Metrics } from "../common/metrics.ts";
import { breadthOf, scoreAt } from "./decide.ts";
import { type RouteQuestion, STRATEGIES } from "./question.ts";
import { RoutingTables } from "./routing-tables.ts";
import { Shortlist } from "./shortlist.ts";
import { stickyCutoff, tieCutoff } from "./spread.ts";
import { clusterView, MemoryCatalog } from "./testing/memory-catalog.ts";
import { plainQuestion } from "./testing/question.ts";

const QUESTION: RouteQuestion = { ...plainQuestion("api", { latitude: 0, longitude: 0 }), decisionId: "d" };

const scores = fc.array(
  fc.integer({ min: -640, max: 64_000 }).map((steps) => steps / 64),
  { minLength: 1, maxLength: 200 },
);

test("ROUTE-18: one pass finds what sorting everything finds: the best, and all that come near it", () => {
  fc.assert(
    fc.property(scores, fc.integer({ min: 1, max: 12 }), fc.constantFrom(...STRATEGIES), (all, size, strategy) => {
      const shortlist = new Shortlist(strategy, size);
      let threshold = Infinity;
      all.forEach((score, row) => {
        if (score <= threshold) threshold = shortlist.offer(row, score);
      });
      const sorted = all.map((_, row) => row).sort((a, b) => (all[a] as number) - (all[b] as number) || a - b);
      const least = all[sorted[0] as number] as number;
      expect(shortlist.best).toEqual(sorted.slice(0, size));
      expect(shortlist.leastScore).toBe(least);
      for (const cutoff of [tieCutoff(least, strategy), stickyCutoff(least)]) {
        const near = all.flatMap((score, row) => (score <= cutoff ? [row] : []));
        expect(shortlist.within(cutoff)).toEqual(near);
      }
    }),
  );
});

test("ROUTE-18: a ranking is what sorting all that no rule removed would give, ties at the very edge included", () => {
  const costs = fc.array(fc.record({ cost: fc.constantFrom(0, 1, 2, 3, 30, 50, 51), down: fc.boolean() }), {
    minLength: 1,
    maxLength: 40,
  });
  fc.assert(
    fc.property(costs, fc.constantFrom(...STRATEGIES), (clusters, strategy) => {
      const catalog = new MemoryCatalog();
      clusters.forEach(({ cost, down }, i) => {
        const record = { metadata: { routing: { cost_ms: cost } }, state: down ? "critical" : "passing" } as const;
        catalog.putCluster(clusterView(`c-${String(i).padStart(3, "0")}`, { record }));
      });
      const basis = new RoutingTables(catalog, 10, new Metrics()).basis({ ...QUESTION, strategy }, 0);
      if (!basis) throw new Error("somebody offers the service");
      const score = (row: number): number => scoreAt(basis.table, basis.latency, strategy, row);
      const left = clusters.flatMap(({ down }, row) => (down ? [] : [row]));
      const sorted = [...left].sort((a, b) => score(a) - score(b) || a - b);
      const least = sorted[0] === undefined ? -Infinity : score(sorted[0]);
      expect(basis.ranking.best).toEqual(sorted.slice(0, breadthOf(QUESTION.limit)));
      expect(basis.ranking.tied).toEqual(left.filter((row) => score(row) <= tieCutoff(least, strategy)));
      expect(basis.ranking.stickyTied).toEqual(left.filter((row) => score(row) <= stickyCutoff(least)));
    }),
  );
});

test("ROUTE-18: the threshold only falls, so nearly all of a long stream is turned away at once", () => {
  const shortlist = new Shortlist("best", 8);
  let threshold = Infinity;
  let offered = 0;
  for (let row = 0; row < 10_000; row++) {
    const score = 20 + ((row * 7_919) % 10_007) / 16;
    if (score > threshold) continue;
    const next = shortlist.offer(row, score);
    expect(next).toBeLessThanOrEqual(threshold);
    threshold = next;
    offered += 1;
  }
  expect(offered).toBeLessThan(300);
});
