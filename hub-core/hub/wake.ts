import type { Millis } from "../common/types.ts";
import type { StepEffects } from "./effects.ts";

/** One timer for all machines, armed at the earliest deadline; its token tells a stale one (foca's timer tokens). */
export class Wake {
  static readonly #TIMER = "hub";
  #armed: { readonly at: Millis; readonly token: number } | null = null;
  #token = 0;

  /** A deadline that moved later costs one early, harmless tick; re-arming at every step would cost more. */
  arm(next: Millis, out: StepEffects): void {
    if (!Number.isFinite(next) || (this.#armed && this.#armed.at <= next)) return;
    this.#token += 1;
    this.#armed = { at: next, token: this.#token };
    out.setTimer(Wake.#TIMER, next, this.#token);
  }

  /** True when this is the timer that was armed last, fired for the first time. */
  accept(token: number): boolean {
    if (token !== this.#armed?.token) return false;
    this.#armed = null;
    return true;
  }
}
