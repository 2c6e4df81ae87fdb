import type { Random } from "../common/random.ts";
import type { DurationMs, HubId, Millis } from "../common/types.ts";
import { Backoff } from "./backoff.ts";

/** How long the higher id waits for the lower to dial. */
const DIAL_GRACE_MS = 1_500;
/** The runner reports every dial's end; this much later a dial counts as lost by the runner. */
const LOST_AFTER_MS = 1_000;
/**
 * A dial that hangs on a black hole must not keep the next from being tried once the hole is gone. The next one ends it, so
 * each is given twice the time of the one before: a peer that is merely slow is reached in the end.
 */
const REPEAT_AFTER_MS = 1_000;
const MAX_DIALS = 16;

interface Dial {
  readonly repeatAt: Millis;
  readonly lostAt: Millis;
  readonly repeats: number;
}

/** Dials under way, and whose turn it is to dial. */
export class Dials {
  readonly #self: HubId;
  readonly #underWay = new Map<HubId, Dial>();
  readonly #backoff: Backoff;

  constructor(self: HubId, random: Random) {
    this.#self = self;
    this.#backoff = new Backoff(random);
  }

  get full(): boolean {
    return this.#underWay.size >= MAX_DIALS;
  }

  underWay(peer: HubId): boolean {
    return this.#underWay.has(peer);
  }

  /** Whether someone who needs the peer now may dial anew, though a dial is under way. */
  mayRepeat(peer: HubId, now: Millis): boolean {
    return now >= (this.#underWay.get(peer)?.repeatAt ?? now);
  }

  /** The one before, if it is still under way, is over with this. */
  begin(peer: HubId, timeoutMs: DurationMs, now: Millis): void {
    const repeats = (this.#underWay.get(peer)?.repeats ?? -1) + 1;
    const repeatAt = now + REPEAT_AFTER_MS * 2 ** repeats;
    this.#underWay.set(peer, { repeatAt, lostAt: now + timeoutMs + LOST_AFTER_MS, repeats });
  }

  /** The dial ended in a link, whose hello is still to come. */
  connected(peer: HubId): void {
    this.#underWay.delete(peer);
  }

  failed(peer: HubId, now: Millis): void {
    this.#underWay.delete(peer);
    this.#backoff.failed(peer, now);
  }

  succeeded(peer: HubId): void {
    this.#backoff.succeeded(peer);
  }

  /** The peer is well but said no. */
  refused(peer: HubId, now: Millis): void {
    this.#backoff.refused(peer, now);
  }

  stillWanted(isWanted: (peer: HubId) => boolean): void {
    this.#backoff.stillWanted(isWanted);
  }

  readyAt(peer: HubId): Millis {
    return this.#backoff.readyAt(peer);
  }

  /** Of two hubs the lower id dials a wanted link; the higher tries when that has not come about. */
  turnAt(peer: HubId, wantedSince: Millis): Millis {
    const turn = this.#self < peer ? wantedSince : wantedSince + DIAL_GRACE_MS;
    return Math.max(turn, this.#backoff.readyAt(peer));
  }

  lost(now: Millis): HubId[] {
    return [...this.#underWay].filter(([, { lostAt }]) => now >= lostAt).map(([peer]) => peer);
  }

  nextDeadline(): Millis {
    let next = Number.POSITIVE_INFINITY;
    for (const { lostAt } of this.#underWay.values()) next = Math.min(next, lostAt);
    return next;
  }
}
