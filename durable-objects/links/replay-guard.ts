/** A peer token opens one link. Tokens live for a minute, so this many is far more than a hub's dials. */
import type { Millis } from "../../hub-core/common/types.ts";

export const MAX_REMEMBERED_TOKENS = 4_096;

export class ReplayGuard {
  readonly #until: Map<string, Millis>;

  /** `used`: what an earlier run accepted, by `jti`, with the end of its lifetime. */
  constructor(used: ReadonlyMap<string, Millis>) {
    this.#until = new Map(used);
  }

  /** True the first time. Full of tokens that are still alive, it accepts no more: it fails closed. */
  accept(jti: string, acceptableUntil: Millis, now: Millis): boolean {
    if (this.#until.has(jti)) return false;
    if (this.#until.size >= MAX_REMEMBERED_TOKENS) this.#prune(now);
    if (this.#until.size >= MAX_REMEMBERED_TOKENS) return false;
    this.#until.set(jti, acceptableUntil);
    return true;
  }

  #prune(now: Millis): void {
    for (const [jti, until] of this.#until) if (until < now) this.#until.delete(jti);
  }
}
