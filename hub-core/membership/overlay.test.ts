import fc from "fast-check";
import { expect, test } from "vitest";
import type { HubId, HubIdentity } from "../common/types.ts";
import { Overlay } from "./overlay.ts";

function hub(n: number): HubIdentity {
  return {
    hubId: `hub-${n}`,
    tier: "local",
    region: ["us-east", "eu-west", "ap-south"][n % 3] as string,
    coordinates: { latitude: n % 60, longitude: (n * 37) % 180 },
    parent: "parent",
    address: `https://hub-${n}.example`,
  };
}

function overlayOf(numbers: readonly number[], maxNeighbours: number): Overlay {
  const overlay = new Overlay(maxNeighbours);
  for (const n of numbers) overlay.put(hub(n));
  return overlay;
}

const groups = fc.uniqueArray(fc.integer({ min: 0, max: 999 }), { minLength: 1, maxLength: 80 });
const budgets = fc.integer({ min: 2, max: 12 });

function reached(overlay: Overlay, from: HubId): Set<HubId> {
  const seen = new Set([from]);
  const queue = [from];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    for (const other of overlay.neighboursOf(next)) {
      if (seen.has(other)) continue;
      seen.add(other);
      queue.push(other);
    }
  }
  return seen;
}

test("RING-1: neighbours are mutual, within the budget, and connect the group", () => {
  fc.assert(
    fc.property(groups, budgets, (numbers, budget) => {
      const overlay = overlayOf(numbers, budget);
      for (const n of numbers) {
        const neighbours = overlay.neighboursOf(`hub-${n}`);
        expect(neighbours.length).toBeLessThanOrEqual(budget);
        expect(new Set(neighbours).size).toBe(neighbours.length);
        for (const other of neighbours) expect(overlay.neighboursOf(other)).toContain(`hub-${n}`);
      }
      expect(reached(overlay, `hub-${numbers[0]}`).size).toBe(numbers.length);
    }),
  );
});

test("RING-1: a group within the budget is a full mesh", () => {
  const overlay = overlayOf([1, 2, 3, 4, 5], 4);
  expect([...overlay.neighboursOf("hub-3")].sort()).toEqual(["hub-1", "hub-2", "hub-4", "hub-5"]);
});

test("RING-1: the order of joining does not matter", () => {
  fc.assert(
    fc.property(groups, budgets, (numbers, budget) => {
      const forth = overlayOf(numbers, budget);
      const back = overlayOf([...numbers].reverse(), budget);
      for (const n of numbers) expect(back.neighboursOf(`hub-${n}`)).toEqual(forth.neighboursOf(`hub-${n}`));
    }),
  );
});

test("RING-2: a departure changes at most two links per ring of any other", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 999 }), { minLength: 12, maxLength: 60 }), (numbers) => {
      const overlay = overlayOf(numbers, 6);
      const [gone, ...rest] = numbers as [number, ...number[]];
      const before = new Map(rest.map((n) => [n, new Set(overlay.neighboursOf(`hub-${n}`))]));
      overlay.delete(`hub-${gone}`);
      for (const n of rest) {
        const added = overlay.neighboursOf(`hub-${n}`).filter((id) => !before.get(n)?.has(id));
        expect(added.length).toBeLessThanOrEqual(6);
        if (!before.get(n)?.has(`hub-${gone}`)) expect(added).toEqual([]);
      }
    }),
  );
});

test("RING-3: a smaller budget keeps a subset of the larger one's neighbours", () => {
  const numbers = Array.from({ length: 40 }, (_, i) => i);
  const small = overlayOf(numbers, 4);
  const large = overlayOf(numbers, 8);
  for (const n of numbers) {
    expect(large.neighboursOf(`hub-${n}`)).toEqual(expect.arrayContaining([...small.neighboursOf(`hub-${n}`)]));
  }
});

test("RING-3: a changed budget gives the same rings as one that was always so", () => {
  const numbers = Array.from({ length: 40 }, (_, i) => i);
  const changed = overlayOf(numbers, 4);
  changed.setMaxNeighbours(8);
  const fixed = overlayOf(numbers, 8);
  for (const n of numbers) expect(changed.neighboursOf(`hub-${n}`)).toEqual(fixed.neighboursOf(`hub-${n}`));
});

test("SUSP-5: the nearest unsuspected take the place of suspected neighbours", () => {
  const numbers = Array.from({ length: 30 }, (_, i) => i);
  const overlay = overlayOf(numbers, 6);
  const suspected = new Set(numbers.filter((n) => n % 2 === 0).map((n) => `hub-${n}`));
  const jury = overlay.nearest("hub-4", (id) => !suspected.has(id));
  expect(jury.length).toBeGreaterThanOrEqual(3);
  for (const juror of jury) expect(suspected.has(juror)).toBe(false);
});
