/**
 * Which pairs of places to measure next: those whose measurement is expected to save most. For each client, two candidates may
 * be ranked wrongly as far as the model is unsure of them; that costs their expected difference when it happens (the loss
 * function of Bayesian decision; expected improvement of Jones et al. 1998), and matters as often as those two are the best
 * two of what is offered. Each of the two takes the part of the blame that its variance has.
 */
import type { Kriging } from "./kriging.ts";

/** Candidates that a question typically chooses from. */
const OFFERED = 5;
/** A wrong choice counts by itself as well, in ms, once it costs as much. */
const NOTICED_MS = 1;
/** Places considered; the work grows with their cube. */
const MAX_PLACES = 256;

export interface PlannedPair {
  readonly a: number;
  readonly b: number;
  /** Expected loss that it would remove, summed over clients; for comparison only. */
  readonly value: number;
}

export interface PairBelief {
  /** ms. */
  readonly mean: number;
  /** Standard deviation, ms; 0 for a measured pair. */
  readonly deviation: number;
}

/** The `count` pairs most worth measuring, best first; measured ones (deviation 0) are never among them. */
export function planMeasurements(
  places: number,
  belief: (a: number, b: number) => PairBelief,
  count: number,
): PlannedPair[] {
  const n = Math.min(places, MAX_PLACES);
  const mean = new Float64Array(n * n);
  const deviation = new Float64Array(n * n);
  for (let a = 0; a < n; a++) {
    for (let b = 0; b < a; b++) {
      const pair = belief(a, b);
      mean[a * n + b] = mean[b * n + a] = pair.mean;
      deviation[a * n + b] = deviation[b * n + a] = pair.deviation;
    }
  }
  const blame = new Float64Array(n * n);
  for (let client = 0; client < n; client++) {
    blameOf(client, mean.subarray(client * n, client * n + n), deviation.subarray(client * n, client * n + n), blame);
  }
  const pairs: PlannedPair[] = [];
  for (let a = 0; a < n; a++) {
    for (let b = 0; b < a; b++) {
      const value = (blame[a * n + b] as number) + (blame[b * n + a] as number);
      if ((deviation[a * n + b] as number) > 0 && value > 0) pairs.push({ a, b, value });
    }
  }
  return pairs.sort((x, y) => y.value - x.value || x.a - y.a || x.b - y.b).slice(0, count);
}

/** What a fitted model believes of pairs of its own places. */
export function beliefOf(kriging: Kriging): (a: number, b: number) => PairBelief {
  const affinities = kriging.places.map((place) => kriging.affinity(place));
  const vantages = affinities.map((affinity) => kriging.vantage(affinity));
  return (a, b) => {
    const from = affinities[a];
    const to = affinities[b];
    const vantage = vantages[a];
    if (!from || !to || !vantage) throw new Error("invariant broken: a pair is of two places of the model");
    const told = kriging.measured(from, to);
    if (told !== null) return { mean: told, deviation: 0 };
    const mean = kriging.predict(vantage, to);
    return { mean, deviation: mean * kriging.deviation(from, to) };
  };
}

function blameOf(client: number, mean: Float64Array, deviation: Float64Array, blame: Float64Array): void {
  const n = mean.length;
  const order = Array.from({ length: n }, (_, i) => i).filter((i) => i !== client);
  order.sort((x, y) => (mean[x] as number) - (mean[y] as number) || x - y);
  order.forEach((further, rank) => {
    const odds = oddsOfSecond(rank, order.length);
    for (const nearer of order.slice(0, rank)) {
      const one = (deviation[nearer] as number) ** 2;
      const other = (deviation[further] as number) ** 2;
      const spread = Math.sqrt(one + other);
      if (spread === 0) continue;
      const gap = (mean[further] as number) - (mean[nearer] as number);
      const loss = odds * (expectedLoss(gap, spread) + tail((gap + NOTICED_MS) / spread));
      blame[client * n + nearer] = (blame[client * n + nearer] as number) + loss * (one / (one + other));
      blame[client * n + further] = (blame[client * n + further] as number) + loss * (other / (one + other));
    }
  });
}

/** That the one of this rank and one given nearer one are the best two of `OFFERED` drawn from `total`. */
function oddsOfSecond(rank: number, total: number): number {
  if (total < OFFERED) return 1;
  let odds = 1;
  for (let i = 0; i < OFFERED - 2; i++) odds *= Math.max(0, total - 1 - rank - i) / Math.max(1, total - 2 - i);
  return odds;
}

/** Of choosing the one that seems nearer by `gap`, when the difference is normal around it. */
function expectedLoss(gap: number, spread: number): number {
  const z = gap / spread;
  return spread * (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) - gap * tail(z);
}

/** P(Z > z) for z ≥ 0, within 7.5e-8 (Abramowitz & Stegun 26.2.17). */
function tail(z: number): number {
  const t = 1 / (1 + 0.2316419 * z);
  const series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * series;
}
