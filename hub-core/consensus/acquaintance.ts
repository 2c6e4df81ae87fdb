/**
 * Whom a hub has heard of since it started. Nobody tells it of the deaths of before: a voter that is silent and unheard of for long
 * enough is taken for away, until it is heard.
 */
import type { DurationMs, HubId, Millis } from "../common/types.ts";

/** Links and views of the group come within this, however slowly it looks for deaths later. */
const MOST_PATIENCE_MS: DurationMs = 3_000;

export class Acquaintance {
  readonly #patience: DurationMs;
  readonly #unmet = new Set<HubId>();
  #until: Millis = Number.POSITIVE_INFINITY;

  constructor(electionMs: DurationMs) {
    this.#patience = Math.min(2 * electionMs, MOST_PATIENCE_MS);
  }

  start(others: Iterable<HubId>, now: Millis): void {
    for (const hubId of others) this.#unmet.add(hubId);
    this.#until = now + this.#patience;
  }

  /** It spoke, or others say that it is there. */
  met(hubId: HubId): void {
    this.#unmet.delete(hubId);
  }

  /** Those to be taken for away from now on, each once. */
  missed(now: Millis): HubId[] {
    if (now < this.nextDeadline()) return [];
    // Paused, this hub was not listening: what has come meanwhile is still to be read.
    if (now - this.#until > this.#patience) {
      this.#until = now + this.#patience;
      return [];
    }
    const missed = [...this.#unmet];
    this.#unmet.clear();
    return missed;
  }

  nextDeadline(): Millis {
    return this.#unmet.size === 0 ? Number.POSITIVE_INFINITY : this.#until;
  }
}
