/**
 * Vivaldi network coordinates (Dabek 2004) as Serf runs them: eight dimensions, a height for the access link, and an
 * adjustment that takes up what no metric space can hold (Ledlie 2007). All in milliseconds.
 */
import type { Random } from "../common/random.ts";
import type { DurationMs } from "../common/types.ts";
import { COORDINATE_DIMENSIONS, type Coordinate } from "../wire/membership-messages.ts";

export type { Coordinate };

export const ERROR_MAX = 1.5;
/** c_e and c_c of the paper: how much one sample may change the error and the position. */
const ERROR_GAIN = 0.25;
const FORCE_GAIN = 0.25;
const ADJUSTMENT_WINDOW = 20;
const HEIGHT_MIN_MS = 0.01;
/** Distances and round trips below this count as this. */
const ZERO_MS = 1e-3;
/** Pulls the whole cloud to the origin, lest it drifts; Serf's 150 s. */
const GRAVITY_RHO_MS = 150_000;
/** A sample, or a coordinate, past this is not a network's doing. */
const RTT_MAX_MS = 10_000;

export const ORIGIN: Coordinate = {
  position: new Array<number>(COORDINATE_DIMENSIONS).fill(0),
  height: HEIGHT_MIN_MS,
  adjustment: 0,
  error: ERROR_MAX,
};

/** Predicted round trip between two coordinates. */
export function predictedRtt(a: Coordinate, b: Coordinate): DurationMs {
  const raw = rawDistance(a, b);
  const adjusted = raw + a.adjustment + b.adjustment;
  return adjusted > 0 ? adjusted : raw;
}

/** How far a coordinate has moved, heights and adjustments included. */
export function moved(from: Coordinate, to: Coordinate): DurationMs {
  return (
    Math.hypot(...difference(from.position, to.position)) +
    Math.abs(from.height - to.height) +
    Math.abs(from.adjustment - to.adjustment)
  );
}

export function isPlausible(coordinate: Coordinate): boolean {
  const { position, height, adjustment, error } = coordinate;
  const within = (value: number): boolean => Math.abs(value) <= RTT_MAX_MS;
  return (
    position.every(within) && height >= 0 && within(height) && within(adjustment) && error >= 0 && error <= ERROR_MAX
  );
}

export class Vivaldi {
  #coordinate: Coordinate = ORIGIN;
  readonly #adjustments = new Array<number>(ADJUSTMENT_WINDOW).fill(0);
  #next = 0;
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  get coordinate(): Coordinate {
    return this.#coordinate;
  }

  /** One round trip to a hub that stands at `other`. False when the sample makes no sense and was dropped. */
  observe(other: Coordinate, rttMs: DurationMs): boolean {
    if (!(rttMs >= 0 && rttMs <= RTT_MAX_MS) || !isPlausible(other)) return false;
    const rtt = Math.max(rttMs, ZERO_MS);
    this.#coordinate = this.#pulledHome(this.#adjusted(this.#sprung(other, rtt), other, rtt));
    return true;
  }

  #sprung(other: Coordinate, rtt: DurationMs): Coordinate {
    const own = this.#coordinate;
    const distance = predictedRtt(own, other);
    const wrongness = Math.abs(distance - rtt) / rtt;
    const weight = own.error / Math.max(own.error + other.error, 1e-6);
    const error = Math.min(ERROR_MAX, ERROR_GAIN * weight * wrongness + own.error * (1 - ERROR_GAIN * weight));
    return { ...this.#pushed(own, other, FORCE_GAIN * weight * (rtt - distance)), error };
  }

  #adjusted(own: Coordinate, other: Coordinate, rtt: DurationMs): Coordinate {
    this.#adjustments[this.#next] = rtt - rawDistance(own, other);
    this.#next = (this.#next + 1) % ADJUSTMENT_WINDOW;
    const sum = this.#adjustments.reduce((total, sample) => total + sample, 0);
    return { ...own, adjustment: sum / (2 * ADJUSTMENT_WINDOW) };
  }

  #pulledHome(own: Coordinate): Coordinate {
    const distance = predictedRtt(ORIGIN, own);
    return this.#pushed(own, ORIGIN, -1_000 * (distance / GRAVITY_RHO_MS) ** 2);
  }

  /** Moves away from `other` by `force`, towards it when negative. */
  #pushed(own: Coordinate, other: Coordinate, force: number): Coordinate {
    const apart = difference(other.position, own.position);
    const length = Math.hypot(...apart);
    const direction = length > ZERO_MS ? apart.map((x) => x / length) : this.#anyDirection();
    const position = own.position.map((x, i) => x + (direction[i] ?? 0) * force);
    const height = length > ZERO_MS ? ((own.height + other.height) * force) / length + own.height : own.height;
    return { ...own, position, height: Math.max(height, HEIGHT_MIN_MS) };
  }

  /** Two hubs at one point have to part somehow. */
  #anyDirection(): number[] {
    const drawn = Array.from({ length: COORDINATE_DIMENSIONS }, () => this.#random.float() - 0.5);
    const length = Math.hypot(...drawn);
    return length > 0 ? drawn.map((x) => x / length) : drawn.map((_, i) => (i === 0 ? 1 : 0));
  }
}

function rawDistance(a: Coordinate, b: Coordinate): DurationMs {
  return Math.hypot(...difference(a.position, b.position)) + a.height + b.height;
}

/** From `a` to `b`. */
function difference(a: readonly number[], b: readonly number[]): number[] {
  return b.map((x, i) => x - (a[i] ?? 0));
}
