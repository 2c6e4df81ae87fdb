import type { DurationMs, Millis } from "../common/types.ts";
import type { StepEffects } from "./effects.ts";

/**
 * A deadline that moved later by less than this costs one early, harmless tick: re-arming at every step would cost more.
 * By more, the timer moves with it, or a probe that was answered would keep the hub awake for the rest of its time-out.
 */
const WORTH_MOVING_MS: DurationMs = 100;

/** One timer for all machines, armed at the earliest deadline; its token tells a stale one (foca's timer tokens). */
export class Wake {
  static readonly #TIMER = "hub";
  #armed: { readonly at: Millis; readonly token: number } | null = null;
  #token = 0;

  arm(next: Millis, out: StepEffects): void {
    if (!Number.isFinite(next) || (this.#armed && this.#suits(this.#armed.at, next))) return;
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

  #suits(armedAt: Millis, next: Millis): boolean {
    return armedAt <= next && next - armedAt < WORTH_MOVING_MS;
  }
}
