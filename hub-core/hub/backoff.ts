import type { Random } from "../common/random.ts";
import type { HubId, Millis } from "../common/types.ts";

const FIRST_MS = 200;
const LONGEST_MS = 10_000;
/** A peer that is well but has no link to spare. */
const FIRST_REFUSED_MS = 5_000;
const LONGEST_REFUSED_MS = 300_000;
const MAX_PEERS = 1_024;

/** Exponential back-off with full jitter per peer, so that a returning hub is not met by everyone at once. */
export class Backoff {
  readonly #peers = new Map<HubId, { failures: number; until: Millis }>();
  /** How often each said no. A link between two refusals is no reason to ask more often. */
  readonly #refusals = new Map<HubId, number>();
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  readyAt(peer: HubId): Millis {
    return this.#peers.get(peer)?.until ?? 0;
  }

  failed(peer: HubId, now: Millis): void {
    const failures = (this.#peers.get(peer)?.failures ?? 0) + 1;
    const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 10));
    this.#set(peer, failures, now + ceiling * (0.5 + this.#random.float() / 2));
  }

  /** The peer is well but said no: it is left alone for a while, each time for longer. */
  refused(peer: HubId, now: Millis): void {
    const before = this.#refusals.get(peer) ?? 0;
    if (before === 0 && this.#refusals.size >= MAX_PEERS) this.#refusals.clear();
    this.#refusals.set(peer, before + 1);
    const ceiling = Math.min(LONGEST_REFUSED_MS, FIRST_REFUSED_MS * 2 ** Math.min(before, 10));
    this.#set(peer, this.#peers.get(peer)?.failures ?? 0, now + ceiling * (0.5 + this.#random.float() / 2));
  }

  /** Who of those that said no is still wanted; what the others said is forgotten. */
  stillWanted(isWanted: (peer: HubId) => boolean): void {
    for (const peer of this.#refusals.keys()) if (!isWanted(peer)) this.#refusals.delete(peer);
  }

  succeeded(peer: HubId): void {
    this.#peers.delete(peer);
  }

  #set(peer: HubId, failures: number, until: Millis): void {
    if (!this.#peers.has(peer) && this.#peers.size >= MAX_PEERS) {
      const oldest = this.#peers.keys().next().value;
      if (oldest !== undefined) this.#peers.delete(oldest);
    }
    this.#peers.set(peer, { failures, until });
  }
}
