import fc from "fast-check";
import { expect, test } from "vitest";
import { Random } from "../common/random.ts";
import { decode, encode } from "../wire/codec.ts";
import { networkCoordinate } from "../wire/membership-messages.ts";
import { LinkQuality } from "./link-quality.ts";
import { moved, ORIGIN, predictedRtt, Vivaldi } from "./vivaldi.ts";

function embed(
  n: number,
  rounds: number,
  rttMs: (a: number, b: number) => number,
  sample: (rtt: number) => number,
): number[] {
  const random = new Random(7);
  const nodes = Array.from({ length: n }, (_, i) => new Vivaldi(new Random(100 + i)));
  for (let round = 0; round < rounds; round++) {
    for (let a = 0; a < n; a++) {
      const b = (a + 1 + random.below(n - 1)) % n;
      nodes[a]?.observe((nodes[b] as Vivaldi).coordinate, sample(rttMs(a, b)));
    }
  }
  const errors: number[] = [];
  for (let a = 0; a < n; a++) {
    for (let b = a + 1; b < n; b++) {
      const predicted = predictedRtt((nodes[a] as Vivaldi).coordinate, (nodes[b] as Vivaldi).coordinate);
      errors.push(Math.abs(predicted - rttMs(a, b)) / rttMs(a, b));
    }
  }
  return errors.sort((x, y) => x - y);
}

const points = Array.from({ length: 30 }, (_, i) => [(i * 53) % 101, (i * 29) % 97, (i * 71) % 89] as const);

function metricRtt(a: number, b: number): number {
  const [p, q] = [points[a], points[b]] as const;
  if (!p || !q) throw new Error("no such point");
  return 10 + 2 * Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]);
}

test("VIV-1: round trips of a metric space are predicted within a few percent", () => {
  const errors = embed(30, 400, metricRtt, (rtt) => rtt);
  expect(errors[errors.length >> 1]).toBeLessThan(0.03);
  expect(errors[Math.floor(errors.length * 0.9)]).toBeLessThan(0.1);
});

test("VIV-2: with jitter and detours the median error stays below a quarter", () => {
  const random = new Random(3);
  const detours = Array.from({ length: 900 }, () => (random.float() < 0.2 ? 1 + 0.6 * random.float() : 1));
  const detoured = (a: number, b: number): number =>
    metricRtt(a, b) * (detours[Math.min(a, b) * 30 + Math.max(a, b)] ?? 1);
  const errors = embed(30, 400, detoured, (rtt) => rtt * (1 + 0.15 * random.float()));
  expect(errors[errors.length >> 1]).toBeLessThan(0.25);
});

test("VIV-2: one late answer in three does not change the round trip", () => {
  const quality = new LinkQuality();
  for (let i = 0; i < 30; i++) quality.answered(i % 3 === 2 ? 900 : 40, i);
  expect(quality.rttMs).toBe(40);
});

test("VIV-4: the round trip that a link is told with is the least of its last sixteen answers", () => {
  const quality = new LinkQuality();
  expect(quality.leastMs).toBeNull();
  for (const ms of [420, 90, 31, 77]) quality.answered(ms, 0);
  expect(quality.leastMs).toBe(31);
  for (let i = 0; i < 15; i++) quality.answered(300, i);
  expect(quality.leastMs).toBe(77);
  quality.answered(300, 16);
  expect(quality.leastMs).toBe(300);
});

test("VIV-2: a link's time-out follows its round trip, between the floor and the ceiling", () => {
  const quality = new LinkQuality();
  expect(quality.timeoutMs(300)).toBe(300);
  for (let i = 0; i < 50; i++) quality.answered(20, i);
  expect(quality.timeoutMs(5_000)).toBe(100);
  for (let i = 0; i < 50; i++) quality.answered(280, i);
  expect(quality.timeoutMs(5_000)).toBeGreaterThan(300);
  expect(quality.timeoutMs(310)).toBe(310);
});

test("VIV-2: loss follows the share of probes that got no answer", () => {
  const quality = new LinkQuality();
  const random = new Random(1);
  for (let i = 0; i < 2_000; i++) random.float() < 0.2 ? quality.lost() : quality.answered(10, i);
  expect(quality.loss).toBeGreaterThan(0.05);
  expect(quality.loss).toBeLessThan(0.4);
});

test("VIV-3: implausible samples and coordinates move nothing", () => {
  const vivaldi = new Vivaldi(new Random(1));
  const before = vivaldi.coordinate;
  expect(vivaldi.observe(ORIGIN, Number.NaN)).toBe(false);
  expect(vivaldi.observe(ORIGIN, -1)).toBe(false);
  expect(vivaldi.observe(ORIGIN, 60_000)).toBe(false);
  expect(vivaldi.observe({ ...ORIGIN, height: 1e9 }, 10)).toBe(false);
  expect(vivaldi.observe({ ...ORIGIN, error: 7 }, 10)).toBe(false);
  expect(vivaldi.coordinate).toEqual(before);
});

test("VIV-3: a coordinate survives the wire within its rounding, in at most 26 bytes at planetary distances", () => {
  const component = fc.double({ min: -400, max: 400, noNaN: true });
  fc.assert(
    fc.property(
      fc.array(component, { minLength: 8, maxLength: 8 }),
      fc.double({ min: 0, max: 300, noNaN: true }),
      (position, height) => {
        const coordinate = { position, height, adjustment: -1.5, error: 0.25 };
        const bytes = encode(networkCoordinate, coordinate, 1);
        expect(bytes.length).toBeLessThanOrEqual(26);
        const back = decode(networkCoordinate, bytes, 1);
        if (back instanceof Error) throw back;
        expect(moved(coordinate, back)).toBeLessThan(0.05 * 4);
      },
    ),
  );
});
