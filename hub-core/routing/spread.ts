/**
 * Near-ties are spread, by weighted rendezvous hashing (Thaler & Ravishankar 1998; weights after Schindelhauer & Schomaker
 * 2005): each candidate draws −ln(u)/share from the key and its id, and the lowest wins. A candidate that leaves takes only its own keys.
 */
import type { Millis } from "../common/types.ts";
import type { CandidateTable } from "./candidate-table.ts";
import type { Strategy } from "./question.ts";

/** Scores this close, or within this part of the best, are alike: predictions are no better than that. */
const TIE_MS = 2;
const TIE_FRACTION = 0.05;
const WEIGHTED_TIE_MS = 50;
/** Share of a cluster that just returned; it grows to 1 in a straight line. */
const LEAST_RAMP = 0.05;

export function tieCutoff(best: number, strategy: Strategy): number {
  const margin = Math.max(TIE_MS, Math.max(0, best) * TIE_FRACTION);
  return best + (strategy === "weighted" ? Math.max(WEIGHTED_TIE_MS, margin) : margin);
}

/** Bands of a fixed grid, about 20 % wide, least 4 ms. */
const BAND_FLOOR_MS = 20;
const BANDS_PER_OCTAVE = 4;

/**
 * With a sticky key the ties are those in the best one's band of a fixed grid: losing one of them changes nothing for the
 * others, which a margin from the best would not promise.
 */
export function stickyCutoff(best: number): number {
  const band = Math.floor(Math.log2(1 + Math.max(0, best) / BAND_FLOOR_MS) * BANDS_PER_OCTAVE);
  return (2 ** ((band + 1) / BANDS_PER_OCTAVE) - 1) * BAND_FLOOR_MS;
}

export function rampShare(from: Millis, until: Millis, now: Millis): number {
  if (now >= until) return 1;
  return Math.max(LEAST_RAMP, (now - from) / Math.max(1, until - from));
}

export interface SpreadKey {
  readonly hash: number;
  /** Shares then leave the load of the moment out, so that it moves no key. */
  readonly sticky: boolean;
}

/** The one of `tied` (indices into the table, not empty) that the key falls to. */
export function spread(table: CandidateTable, tied: readonly number[], key: SpreadKey, now: Millis): number {
  const shares = key.sticky ? table.share : table.freeShare;
  let winner = tied[0] as number;
  let least = Infinity;
  for (const candidate of tied) {
    const share =
      (shares[candidate] as number) *
      rampShare(table.rampFrom[candidate] as number, table.rampUntil[candidate] as number, now);
    // Without any share it is drawn last, yet in an order of its own when nobody has one.
    const draw = -Math.log(unit(mix((table.idHash[candidate] as number) ^ key.hash))) / Math.max(share, 1e-12);
    if (draw < least) {
      least = draw;
      winner = candidate;
    }
  }
  return winner;
}

/** Murmur3's finish: one bit of difference reaches all. */
function mix(value: number): number {
  let h = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Within (0, 1). */
function unit(bits: number): number {
  return (bits + 0.5) / 0x1_0000_0000;
}
