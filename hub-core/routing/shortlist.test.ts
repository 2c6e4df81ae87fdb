import fc from "fast-check";
import { expect, test } from "vitest";
import { STRATEGIES } from "./question.ts";
import { Shortlist } from "./shortlist.ts";
import { stickyCutoff, tieCutoff } from "./spread.ts";

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
