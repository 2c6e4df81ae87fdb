/**
 * Which round trip to measure next: the one whose measurement is expected to save most. Seen from one place, two candidates may be
 * ranked wrongly as far as the model is unsure of them; that costs their expected difference when it happens (the loss
 * function of Bayesian decision; expected improvement of Jones et al. 1998), and matters as often as those two are the best
 * two of what is offered. Each of the two takes the part of the blame that its variance has.
 */

/** Candidates that a question typically chooses from. */
const OFFERED = 5;
/** A wrong choice counts by itself as well, in ms, once it costs as much. */
const NOTICED_MS = 1;

export interface Belief {
  /** ms. */
  readonly mean: number;
  /** Standard deviation, ms; 0 of what was measured. */
  readonly deviation: number;
}

/** Index of the place most worth measuring from here; never a measured one. Null when nothing could change a choice. */
export function worthMeasuring(beliefs: readonly Belief[]): number | null {
  let most = 0;
  let worth: number | null = null;
  blame(beliefs).forEach((value, place) => {
    if (value <= most || beliefs[place]?.deviation === 0) return;
    most = value;
    worth = place;
  });
  return worth;
}

/** The expected loss of wrong choices, by the place whose uncertainty causes it. Work grows with the square of the places. */
function blame(beliefs: readonly Belief[]): Float64Array {
  const caused = new Float64Array(beliefs.length);
  const order = beliefs.map(({ mean, deviation }, place) => ({ place, mean, variance: deviation ** 2 }));
  order.sort((x, y) => x.mean - y.mean || x.place - y.place);
  order.forEach((further, rank) => {
    const odds = oddsOfSecond(rank, order.length);
    for (const nearer of order.slice(0, rank)) {
      const variance = nearer.variance + further.variance;
      if (variance === 0) continue;
      const spread = Math.sqrt(variance);
      const gap = further.mean - nearer.mean;
      const loss = odds * (expectedLoss(gap, spread) + tail((gap + NOTICED_MS) / spread));
      caused[nearer.place] = (caused[nearer.place] as number) + loss * (nearer.variance / variance);
      caused[further.place] = (caused[further.place] as number) + loss * (further.variance / variance);
    }
  });
  return caused;
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
