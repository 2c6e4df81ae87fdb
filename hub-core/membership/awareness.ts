/** Lifeguard's local health multiplier (Dadgar 2018 §IV-A): a hub that hears too little suspects itself first. */

/** Memberlist's maximum; 0 is well. */
export const AWARENESS_MAX = 8;

export class Awareness {
  #score = 0;

  get score(): number {
    return this.#score;
  }

  /** Positive for signs that this hub is the slow one, negative for answered probes. */
  apply(delta: number): void {
    this.#score = Math.min(AWARENESS_MAX, Math.max(0, this.#score + delta));
  }

  /** Probe time-outs and intervals stretch by this. */
  get multiplier(): number {
    return this.#score + 1;
  }
}
