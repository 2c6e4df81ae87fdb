/**
 * The guarantee behind the tree: two hubs compare a digest, then their version vectors, and send only the ranges that
 * differ (Demers 1987; van Renesse 2008, Scuttlebutt). Run when a link opens, and with one peer in every interval.
 */
import type { Outbox } from "../common/outbox.ts";
import type { HubId, Millis } from "../common/types.ts";
import type { GroupState } from "./group-state.ts";
import type { GossipMessageOf } from "./messages.ts";
import { IDS_PER_MESSAGE, pages } from "./pages.ts";
import type { Peer } from "./peer.ts";
import type { Plumtree } from "./plumtree.ts";
import type { Transmitter } from "./transmitter.ts";
import { compare, compareToPage, type Difference, pageOf } from "./version-vectors.ts";

const JITTER = 0.1;

export class AntiEntropy {
  readonly #state: GroupState;
  readonly #transmitter: Transmitter;
  readonly #plumtree: Plumtree;
  #nextAt: Millis = Number.POSITIVE_INFINITY;
  #lastAt: Millis | null = null;

  constructor(state: GroupState, transmitter: Transmitter, plumtree: Plumtree) {
    this.#state = state;
    this.#transmitter = transmitter;
    this.#plumtree = plumtree;
  }

  /** When views were last compared with a peer's; null: never. */
  get lastAt(): Millis | null {
    return this.#lastAt;
  }

  nextDeadline(): Millis {
    return this.#nextAt;
  }

  peerUp(peer: Peer, now: Millis, out: Outbox): void {
    if (this.#nextAt === Number.POSITIVE_INFINITY) {
      this.#nextAt = now + this.#state.random.float() * this.#state.config.antiEntropyIntervalMs;
    }
    // One digest per link is enough: the exchange that follows goes both ways.
    if (this.#state.self.hubId < peer.hubId) this.#begin(peer, out);
  }

  peerLeft(): void {
    if (this.#state.peers.size === 0) this.#nextAt = Number.POSITIVE_INFINITY;
  }

  tick(now: Millis, out: Outbox): void {
    if (this.#nextAt > now) return;
    this.#nextAt = now + this.#state.random.jitter(this.#state.config.antiEntropyIntervalMs, JITTER);
    const peer = this.#state.random.pick([...this.#state.peers.values()]);
    if (peer) this.#begin(peer, out);
  }

  #begin(peer: Peer, out: Outbox): void {
    const [first, second] = this.#state.store.digest();
    this.#transmitter.send(peer, { kind: "gossip-digest", first, second }, out);
  }

  receiveDigest(peer: Peer, { first, second }: GossipMessageOf<"gossip-digest">, now: Millis, out: Outbox): void {
    this.#lastAt = now;
    const ours = this.#state.store.digest();
    if (ours[0] !== first || ours[1] !== second) this.#sendPage(peer, null, out);
  }

  receiveVector(peer: Peer, page: GossipMessageOf<"gossip-vector">, now: Millis, out: Outbox): void {
    this.#lastAt = now;
    this.#settle(peer, compareToPage(this.#state.store.vector(), page), now, out);
    if (page.through !== null) this.#transmitter.send(peer, { kind: "gossip-vector-next", after: page.through }, out);
  }

  receiveNext(peer: Peer, { after }: GossipMessageOf<"gossip-vector-next">, out: Outbox): void {
    this.#sendPage(peer, after, out);
  }

  receiveAdvance(peer: Peer, { entries }: GossipMessageOf<"gossip-advance">, now: Millis, out: Outbox): void {
    this.#settle(peer, compare(this.#state.store.vector(), entries), now, out);
  }

  receiveWant(peer: Peer, { entries }: GossipMessageOf<"gossip-want">, now: Millis, out: Outbox): void {
    for (const { origin, upTo } of entries) peer.ranges.add(origin, upTo);
    this.#transmitter.pump(peer, now, out);
  }

  receiveRange(peer: Peer, range: GossipMessageOf<"gossip-range">, now: Millis, out: Outbox): void {
    const { origin, after, upTo } = range;
    let previous = after;
    let rejected = false;
    for (const { rumor, hops } of range.rumors) {
      if (rumor.origin !== origin || rumor.seq <= previous) continue;
      const claim = rumor.seq <= upTo ? previous : null;
      if (this.#plumtree.accept(peer, rumor, hops, claim, now, out) === "rejected") rejected = true;
      else this.#state.counters.add("anti_entropy_rumors");
      previous = rumor.seq;
    }
    const { store } = this.#state;
    const completeTo = store.completeTo(origin);
    if (!rejected && completeTo >= after && completeTo < upTo) store.completeUpTo(origin, upTo);
  }

  #sendPage(peer: Peer, after: HubId | null, out: Outbox): void {
    const page = pageOf(this.#state.store.vector(), after, IDS_PER_MESSAGE);
    this.#transmitter.send(peer, { kind: "gossip-vector", ...page }, out);
  }

  #settle(peer: Peer, { theyLack, weLack }: Difference, now: Millis, out: Outbox): void {
    for (const { origin, upTo } of theyLack) peer.ranges.add(origin, upTo);
    for (const entries of pages(weLack)) this.#transmitter.send(peer, { kind: "gossip-want", entries }, out);
    this.#transmitter.pump(peer, now, out);
  }
}
