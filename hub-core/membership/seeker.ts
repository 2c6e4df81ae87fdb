/**
 * Looks for hubs that are not here: at the start for anyone of the group, later for the failed and the never reached, one
 * per interval. So a partition of any length ends one interval after the network heals: a failed member is dialled, or told of it
 * by a link that the partition has not broken, for each side may hold the other for failed, and then neither says anything.
 */
import type { Outbox } from "../common/outbox.ts";
import type { DurationMs, HubId, Millis } from "../common/types.ts";
import { type Shared, tellDoubt } from "./shared.ts";

/** Dialled together at the start. */
export const FIRST_DIALS = 3;
const FIRST_BACKOFF_MS: DurationMs = 250;

export class Seeker {
  readonly #shared: Shared;
  #nextAt: Millis = Number.POSITIVE_INFINITY;
  #backoffMs: DurationMs = FIRST_BACKOFF_MS;

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  nextDeadline(): Millis {
    return this.#nextAt;
  }

  /** The parent first, then any. */
  start(now: Millis, out: Outbox): void {
    const { options } = this.#shared;
    const absent = this.#absent();
    const parent = absent.filter((id) => id === options.self.parent);
    const others = options.random.sample(
      absent.filter((id) => id !== options.self.parent),
      FIRST_DIALS,
    );
    for (const id of [...parent, ...others].slice(0, FIRST_DIALS)) out.dial(id);
    this.schedule(now);
  }

  /** `joined`: in a group already, so the interval is the configured one; else back-off with jitter up to it. */
  tick(joined: boolean, now: Millis, out: Outbox): void {
    if (now >= this.#nextAt) {
      const { contacts, options } = this.#shared;
      contacts.expire(now - options.config.reclaimAfterMs);
      const id = contacts.next(this.#absent());
      if (id !== undefined) this.#seek(id, now, out);
      this.#backoffMs = Math.min(options.config.redialIntervalMs, 2 * this.#backoffMs);
      this.#nextAt = Number.POSITIVE_INFINITY;
    }
    if (joined) this.#backoffMs = this.#shared.options.config.redialIntervalMs;
    this.schedule(now);
  }

  schedule(now: Millis): void {
    if (this.#nextAt !== Number.POSITIVE_INFINITY || !this.#anyAbsent()) return;
    const { random, config } = this.#shared.options;
    this.#nextAt = now + random.jitter(Math.min(this.#backoffMs, config.redialIntervalMs), 0.2);
  }

  #seek(id: HubId, now: Millis, out: Outbox): void {
    if (this.#shared.links.has(id)) tellDoubt(this.#shared, id, now, out);
    else out.dial(id);
  }

  #anyAbsent(): boolean {
    if (this.#shared.roster.counts().failed > 0) return true;
    for (const id of this.#shared.contacts.all()) if (this.#isAbsent(id)) return true;
    return false;
  }

  #absent(): HubId[] {
    const { roster, contacts } = this.#shared;
    const failed = [...roster.all()].filter(({ state }) => state === "failed").map(({ identity }) => identity.hubId);
    return [...new Set([...failed, ...contacts.all()])].filter((id) => this.#isAbsent(id));
  }

  #isAbsent(id: HubId): boolean {
    const { roster, links, selfId } = this.#shared;
    const state = roster.get(id)?.state;
    return id !== selfId && (state === "failed" || (state === undefined && !links.has(id)));
  }
}
