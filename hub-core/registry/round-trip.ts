/**
 * The round trip to one cluster, and when it is news. Queues and busy machines only ever add to a sample, so the least of
 * the last few is the way itself (base delay: LEDBAT, RFC 6817 §3.1.1). A process that has just started, or that shares its
 * machine with one, measures only its own haste: what was known before outweighs it, and with nothing known it waits.
 */
import type { DurationMs, Millis } from "../common/types.ts";
import { asCarried, type ClusterRecord } from "../wire/catalog.ts";

/** Long enough that some seconds of load do not fill it. */
const SAMPLES = 16;
/** Fewer say nothing. */
const ENOUGH = 4;
/** A change is told when it could turn a route, */
const NEWS_MS: DurationMs = 2;
const NEWS_SHARE = 0.2;
/** and a longer way no more often than this: load passes. */
export const RTT_SPACING_MS: DurationMs = 30_000;

export class RoundTrip {
  #samples: DurationMs[] = [];
  #known: DurationMs | null;

  /** `known`: what this very hub has measured before. It counts as a sample until as many new ones have come. */
  constructor(known: DurationMs | null) {
    this.#known = known;
  }

  get baseMs(): DurationMs | null {
    if (this.#samples.length < ENOUGH) return this.#known;
    return Math.min(...this.#samples, this.#known ?? Number.POSITIVE_INFINITY);
  }

  /** Of however few samples, for those who cannot wait. */
  get leastMs(): DurationMs {
    return Math.min(...this.#samples, this.#known ?? Number.POSITIVE_INFINITY);
  }

  sample(rttMs: DurationMs): void {
    this.#samples = [...this.#samples.slice(1 - SAMPLES), rttMs];
    if (this.#samples.length === SAMPLES) this.#known = null;
  }
}

/** A cluster's round trip, and between which ends it was measured. */
export type Trip = Pick<ClusterRecord, "checkRttMs" | "healthCheck" | "coordinates">;

/** Whether what was measured of the one says something of the other. */
export function hasSameEnds(a: Trip, b: Trip): boolean {
  const [one, other] = [asCarried(a.coordinates), asCarried(b.coordinates)];
  const samePlace = one.latitude === other.latitude && one.longitude === other.longitude;
  return samePlace && a.healthCheck?.url === b.healthCheck?.url;
}

/** Whether `measured` is worth a rumor, `toldAt` being when `told` was told. */
export function isRttNews(told: DurationMs | null, measured: DurationMs | null, toldAt: Millis, now: Millis): boolean {
  if (measured === null) return false;
  if (told === null) return true;
  const difference = Math.abs(measured - told);
  const spaced = measured < told || now - toldAt >= RTT_SPACING_MS;
  return spaced && difference >= NEWS_MS && difference >= NEWS_SHARE * told;
}
