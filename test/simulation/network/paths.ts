/** The state of every ordered pair of hubs: how long, how lossy, cut or not. One-way faults are natural here. */
import type { DurationMs } from "../../../hub-core/common/types.ts";
import type { SimHub } from "../sim-hub.ts";

export interface FrameFaults {
  /** Probabilities per frame. */
  readonly loss: number;
  readonly duplication: number;
  readonly reordering: number;
  /** Longest extra delay of a reordered frame. */
  readonly reorderMs: DurationMs;
}

export const CLEAN: FrameFaults = { loss: 0, duplication: 0, reordering: 0, reorderMs: 0 };

export class Paths {
  readonly #hubs: number;
  readonly #oneWay: Float64Array;
  readonly #extra: Float64Array;
  /** How many faults cut this path at the moment: they may overlap. */
  readonly #cuts: Uint16Array;
  frames: FrameFaults = CLEAN;

  /** `oneWayMs` gives the undisturbed delay between two hubs. */
  constructor(hubs: readonly SimHub[], oneWayMs: (from: SimHub, to: SimHub) => DurationMs) {
    this.#hubs = hubs.length;
    this.#oneWay = new Float64Array(hubs.length * hubs.length);
    this.#extra = new Float64Array(hubs.length * hubs.length);
    this.#cuts = new Uint16Array(hubs.length * hubs.length);
    for (const from of hubs) for (const to of hubs) this.#oneWay[this.#at(from, to)] = oneWayMs(from, to);
  }

  oneWayMs(from: SimHub, to: SimHub): DurationMs {
    const at = this.#at(from, to);
    return (this.#oneWay[at] ?? 0) + (this.#extra[at] ?? 0);
  }

  isCut(from: SimHub, to: SimHub): boolean {
    return (this.#cuts[this.#at(from, to)] ?? 0) > 0;
  }

  cut(from: SimHub, to: SimHub): void {
    const at = this.#at(from, to);
    this.#cuts[at] = (this.#cuts[at] ?? 0) + 1;
  }

  heal(from: SimHub, to: SimHub): void {
    const at = this.#at(from, to);
    if ((this.#cuts[at] ?? 0) === 0) throw new Error(`healed a path that is whole: ${from.id} to ${to.id}`);
    this.#cuts[at] = (this.#cuts[at] ?? 0) - 1;
  }

  slow(from: SimHub, to: SimHub, extraMs: DurationMs): void {
    this.#extra[this.#at(from, to)] = extraMs;
  }

  #at(from: SimHub, to: SimHub): number {
    return from.index * this.#hubs + to.index;
  }
}
