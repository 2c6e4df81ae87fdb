/**
 * The repair tick: what a peer has not confirmed is announced to it again (push), or the peer is told how far this hub is
 * and asks for what it lacks (pull). Silent when everything recent is confirmed.
 */
import type { Outbox } from "../common/outbox.ts";
import type { DurationMs, HubId, Millis } from "../common/types.ts";
import type { GroupState } from "./group-state.ts";
import { pages } from "./pages.ts";
import type { Peer } from "./peer.ts";
import { selectPeers } from "./peer-selection.ts";
import type { RecentRumor } from "./recent-rumors.ts";
import { ACK_DELAY_MS, type Transmitter } from "./transmitter.ts";

/** Announcements of one rumor, per peer on average; after them anti-entropy is left. */
export const MAX_REPAIRS = 8;
const JITTER = 0.1;

export class Repair {
  readonly #state: GroupState;
  readonly #transmitter: Transmitter;
  #nextAt: Millis | null = null;

  constructor(state: GroupState, transmitter: Transmitter) {
    this.#state = state;
    this.#transmitter = transmitter;
  }

  /** To be called after every event: arms the tick while something is unconfirmed. */
  arm(now: Millis): void {
    if (!this.#state.recent.hasUnsettled) this.#nextAt = null;
    else this.#nextAt ??= now + this.#state.random.jitter(this.#state.config.intervalMs, JITTER);
  }

  nextDeadline(): Millis {
    return this.#nextAt ?? Number.POSITIVE_INFINITY;
  }

  tick(now: Millis, out: Outbox): void {
    if (this.#nextAt === null || this.#nextAt > now) return;
    this.#nextAt = null;
    const { config, self, random, counters } = this.#state;
    counters.add("rounds");
    const lacking = this.#unconfirmed(now);
    for (const peer of selectPeers(config.strategy, [...lacking.keys()], config.fanout, self, random)) {
      const rumors = lacking.get(peer) ?? [];
      counters.add("repairs", rumors.length);
      for (const rumor of rumors) rumor.repairs += 1;
      if (config.mode !== "pull") this.#transmitter.announce(peer, rumors, now, out);
      if (config.mode !== "push") this.#advance(peer, rumors, out);
    }
  }

  /** What each peer has had the time to confirm and did not. */
  #unconfirmed(now: Millis): Map<Peer, RecentRumor[]> {
    const lacking = new Map<Peer, RecentRumor[]>();
    for (const rumor of this.#state.recent.unsettled()) {
      if (rumor.repairs >= MAX_REPAIRS * this.#state.peers.size) {
        this.#state.recent.settle(rumor);
        continue;
      }
      let pending = false;
      for (const peer of this.#state.peers.values()) {
        if (rumor.holders.includes(peer.hubId)) continue;
        pending = true;
        if (rumor.at + settlingTime(peer) > now) continue;
        const rumors = lacking.get(peer);
        if (rumors) rumors.push(rumor);
        else lacking.set(peer, [rumor]);
      }
      if (!pending) this.#state.recent.settle(rumor);
    }
    return lacking;
  }

  #advance(peer: Peer, rumors: readonly RecentRumor[], out: Outbox): void {
    const vector = this.#state.store.vector();
    const origins = new Set<HubId>(rumors.map(({ origin }) => origin));
    const all = [...origins].map((origin) => ({ origin, upTo: vector.get(origin) ?? 0 }));
    for (const entries of pages(all)) this.#transmitter.send(peer, { kind: "gossip-advance", entries }, out);
  }
}

/** Push, announcement and acknowledgement need this long in the ordinary case. */
function settlingTime(peer: Peer): DurationMs {
  return 2 * ACK_DELAY_MS + 2 * peer.roundTripMs;
}
