/**
 * Round trips between any two places from a few measured ones: Gaussian-process regression (kriging) of how much slower than
 * geography says the network is, over pairs of places (Rasmussen & Williams 2006, ch. 2; the kernel over pairs is the
 * symmetrised product of Ben-Hur & Noble 2005).
 *
 *   ln(rtt(a,b) / prior(a,b)) ~ GP,   prior(a,b): what geography expects
 *   k((a,b),(c,d)) = OVERALL² + place(a,c) + place(a,d) + place(b,c) + place(b,d)
 *                  + PAIR² × [near(a,c)·near(b,d) + near(a,d)·near(b,c)]
 *
 * `place` says: the access of a place, and of places around it, is slow to everywhere. `near`: routes between the same two
 * neighbourhoods take the same cables. Both fall off exponentially with the distance.
 *
 * The kernel is bilinear in the two ends, so a client's answers need one pass over the observations, then S operations for each
 * place of a cluster (S = measured places). Constants are fixed: they describe wide-area networks, not one federation.
 */
import { factor, forward, solve } from "./cholesky.ts";
import { arcKm, type UnitVector } from "./great-circle.ts";

const OVERALL = 0.3;
const PLACE = 0.15;
const PLACE_KM = 1_500;
/** What is particular to one place, shared with no neighbour. */
const OWN = 0.1;
/** Places nearer than this are one. */
const SAME_KM = 1;
const PAIR = 0.4;
const PAIR_KM = 3_000;
/** Of one measurement: relative, and absolute in ms (records carry tenths; medians wander by about this). */
const NOISE = 0.03;
const NOISE_MS = 0.7;
/** Round trips below this are not told apart. */
const LEAST_MS = 0.3;

/** Measured pairs that the model takes; the work to build it grows with their cube. */
export const MAX_OBSERVATIONS = 384;

export interface PairObservation {
  /** Indices into the places. */
  readonly a: number;
  readonly b: number;
  readonly rttMs: number;
  /** What geography expects of it. */
  readonly priorMs: number;
}

/** A place as the model sees it: how near it is to each measured place. */
export interface Affinity {
  readonly at: UnitVector;
  /** Per measured place: PLACE²·exp(−d/PLACE_KM) + OWN² when it is the same place. */
  readonly place: Float64Array;
  /** What the place itself adds to every prediction from or to it. */
  readonly bias: number;
  /** Per measured place: PAIR·exp(−d/PAIR_KM). */
  readonly near: Float64Array;
  readonly nearestKm: number;
}

/** One client's half of the product. */
export interface Vantage {
  readonly from: Affinity;
  readonly offset: number;
  readonly weights: Float64Array;
}

export class Kriging {
  readonly places: readonly UnitVector[];
  readonly #observations: readonly PairObservation[];
  readonly #affinities: readonly Affinity[];
  readonly #lower: Float64Array;
  /** Per place: the sum of the coefficients of its observations. */
  readonly #incident: Float64Array;
  /** By observation. */
  readonly #coefficients: Float64Array;
  readonly #total: number;

  /** Null when there is nothing to learn from. Takes the first MAX_OBSERVATIONS. */
  static fit(places: readonly UnitVector[], observations: readonly PairObservation[]): Kriging | null {
    const used = observations.slice(0, MAX_OBSERVATIONS).filter(({ a, b }) => a !== b);
    return used.length === 0 ? null : new Kriging(places, used);
  }

  private constructor(places: readonly UnitVector[], observations: readonly PairObservation[]) {
    const n = observations.length;
    this.places = places;
    this.#observations = observations;
    this.#incident = new Float64Array(places.length);
    this.#affinities = places.map((place) => this.affinity(place));
    this.#lower = new Float64Array(n * n);
    const target = new Float64Array(n);
    observations.forEach((one, i) => {
      target[i] = Math.log(Math.max(LEAST_MS, one.rttMs) / one.priorMs);
      for (let j = 0; j <= i; j++) this.#lower[i * n + j] = this.#covariance(one, observations[j] as PairObservation);
      this.#lower[i * n + i] = (this.#lower[i * n + i] as number) + NOISE ** 2 + (NOISE_MS / one.priorMs) ** 2;
    });
    if (!factor(this.#lower, n)) throw new Error("invariant broken: a kernel matrix with noise is positive definite");
    this.#coefficients = solve(this.#lower, n, target);
    let total = 0;
    observations.forEach(({ a, b }, i) => {
      const c = this.#coefficients[i] as number;
      total += c;
      this.#incident[a] = (this.#incident[a] as number) + c;
      this.#incident[b] = (this.#incident[b] as number) + c;
    });
    this.#total = total;
  }

  affinity(at: UnitVector): Affinity {
    const place = new Float64Array(this.places.length);
    const near = new Float64Array(this.places.length);
    let bias = 0;
    let nearestKm = Infinity;
    this.places.forEach((other, i) => {
      const km = arcKm(at, other);
      place[i] = PLACE ** 2 * Math.exp(-km / PLACE_KM) + (km < SAME_KM ? OWN ** 2 : 0);
      bias += (this.#incident[i] as number) * (place[i] as number);
      near[i] = PAIR * Math.exp(-km / PAIR_KM);
      nearestKm = Math.min(nearestKm, km);
    });
    return { at, place, bias, near, nearestKm };
  }

  /** The part of `slowdown` that only the client decides: work in proportion to what was measured. */
  vantage(from: Affinity): Vantage {
    const weights = new Float64Array(this.places.length);
    const { near } = from;
    this.#observations.forEach(({ a, b }, i) => {
      const c = this.#coefficients[i] as number;
      weights[a] = (weights[a] as number) + c * (near[b] as number);
      weights[b] = (weights[b] as number) + c * (near[a] as number);
    });
    return { from, offset: OVERALL ** 2 * this.#total + from.bias, weights };
  }

  /** The expected round trip, as a multiple of what geography expects. */
  slowdown({ weights, offset }: Vantage, to: Affinity): number {
    const { near } = to;
    let exponent = offset + to.bias;
    for (let i = 0; i < weights.length; i++) exponent += (weights[i] as number) * (near[i] as number);
    return Math.exp(exponent);
  }

  /** Standard deviation of ln(rtt): what a measurement of this pair could still teach. */
  deviation(from: Affinity, to: Affinity): number {
    const n = this.#observations.length;
    const k = new Float64Array(n);
    this.#observations.forEach(({ a, b }, i) => {
      k[i] =
        OVERALL ** 2 +
        (from.place[a] as number) +
        (from.place[b] as number) +
        (to.place[a] as number) +
        (to.place[b] as number) +
        (from.near[a] as number) * (to.near[b] as number) +
        (from.near[b] as number) * (to.near[a] as number);
    });
    const explained = forward(this.#lower, n, k).reduce((sum, x) => sum + x * x, 0);
    return Math.sqrt(Math.max(0, priorVariance(arcKm(from.at, to.at)) - explained));
  }

  #at(place: number): Affinity {
    return this.#affinities[place] as Affinity;
  }

  #covariance(one: PairObservation, other: PairObservation): number {
    const a = this.#at(one.a);
    const b = this.#at(one.b);
    const { a: c, b: d } = other;
    return (
      OVERALL ** 2 +
      (a.place[c] as number) +
      (a.place[d] as number) +
      (b.place[c] as number) +
      (b.place[d] as number) +
      (a.near[c] as number) * (b.near[d] as number) +
      (a.near[d] as number) * (b.near[c] as number)
    );
  }
}

/** Of ln(rtt), when nothing was measured. */
export function priorDeviation(km: number): number {
  return Math.sqrt(priorVariance(km));
}

function priorVariance(km: number): number {
  const same = km < SAME_KM ? 2 * OWN ** 2 : 0;
  return (
    OVERALL ** 2 +
    2 * (PLACE ** 2 + OWN ** 2) +
    2 * PLACE ** 2 * Math.exp(-km / PLACE_KM) +
    same +
    PAIR ** 2 * (1 + Math.exp((-2 * km) / PAIR_KM))
  );
}
