/**
 * Gossip of one group: a rumor is pushed the moment it exists, along its origin's spanning tree of the links; what that
 * misses is announced, repaired and, in the end, found by anti-entropy. Composes the parts; each is a file of its own.
 */
import type { Outbox } from "../common/outbox.ts";
import { type HubId, type Millis, unreachable } from "../common/types.ts";
import type { Rumor } from "../wire/catalog.ts";
import { AntiEntropy } from "./anti-entropy.ts";
import { createGroupState, type GossipOptions, type GroupState } from "./group-state.ts";
import type { GossipMessage } from "./messages.ts";
import { type GossipPeer, Peer } from "./peer.ts";
import { Plumtree } from "./plumtree.ts";
import { Repair } from "./repair.ts";
import { type GossipStats, statsOf } from "./stats.ts";
import { Transmitter } from "./transmitter.ts";

export class Gossip {
  readonly #state: GroupState;
  readonly #transmitter: Transmitter;
  readonly #plumtree: Plumtree;
  readonly #repair: Repair;
  readonly #antiEntropy: AntiEntropy;

  constructor(options: GossipOptions) {
    this.#state = createGroupState(options);
    this.#transmitter = new Transmitter(this.#state);
    this.#plumtree = new Plumtree(this.#state, this.#transmitter);
    this.#repair = new Repair(this.#state, this.#transmitter);
    this.#antiEntropy = new AntiEntropy(this.#state, this.#transmitter, this.#plumtree);
  }

  /** A link to a member of the group is open, or was replaced by a new one: views are compared at once. */
  peerUp(peer: GossipPeer, now: Millis, out: Outbox): void {
    const { peers, queueLimit, config } = this.#state;
    const known = peers.get(peer.hubId) ?? new Peer(peer, queueLimit, config.maxInFlightBytes);
    known.update(peer);
    peers.set(peer.hubId, known);
    this.#transmitter.peersChanged();
    this.#antiEntropy.peerUp(known, now, out);
  }

  peerDown(hubId: HubId, now: Millis, out: Outbox): void {
    if (!this.#state.peers.delete(hubId)) return;
    this.#transmitter.peersChanged();
    this.#state.missing.peerGone(hubId);
    this.#plumtree.peerLeft(hubId, out);
    this.#antiEntropy.peerLeft();
    this.#repair.arm(now);
  }

  peerUpdated(peer: GossipPeer): void {
    this.#state.peers.get(peer.hubId)?.update(peer);
    this.#transmitter.peersChanged();
  }

  /**
   * Spreads a rumor that the store holds: this hub's own (`hops` 0), or one relayed from its other group after `hops`
   * links. To be called for every one, in the order in which the store took them: claims of completeness rest on it.
   */
  publish(rumor: Rumor, hops: number, except: HubId | null, now: Millis, out: Outbox): void {
    this.#plumtree.publish(rumor, hops, except, now, out);
    this.#repair.arm(now);
  }

  receive(from: HubId, message: GossipMessage, now: Millis, out: Outbox): void {
    const peer = this.#state.peers.get(from);
    // What arrives before its link is announced, or after it went, is repaired like any loss.
    if (!peer) return this.#state.counters.add("unlinked");
    this.#state.counters.add("messages_received");
    if ("ack" in message) this.#transmitter.confirmed(peer, message.ack, now, out);
    this.#handle(peer, message, now, out);
    this.#repair.arm(now);
  }

  #handle(peer: Peer, message: GossipMessage, now: Millis, out: Outbox): void {
    switch (message.kind) {
      case "gossip-push":
        this.#plumtree.receivePush(peer, message, now, out);
        return this.#transmitter.arrived(peer, message.number, message.rumors.length, now, out);
      case "gossip-have":
        this.#plumtree.receiveHave(peer, message, now);
        return this.#transmitter.arrived(peer, message.number, 0, now, out);
      case "gossip-graft":
        return this.#plumtree.receiveGraft(peer, message, now);
      case "gossip-prune":
        return this.#plumtree.receivePrune(peer, message);
      case "gossip-ack":
        return;
      case "gossip-sent":
        peer.receiving.sent(message.number);
        return this.#transmitter.acknowledge(peer, out);
      case "gossip-digest":
        return this.#antiEntropy.receiveDigest(peer, message, now, out);
      case "gossip-vector":
        return this.#antiEntropy.receiveVector(peer, message, now, out);
      case "gossip-vector-next":
        return this.#antiEntropy.receiveNext(peer, message, out);
      case "gossip-advance":
        return this.#antiEntropy.receiveAdvance(peer, message, now, out);
      case "gossip-want":
        return this.#antiEntropy.receiveWant(peer, message, now, out);
      case "gossip-range":
        this.#antiEntropy.receiveRange(peer, message, now, out);
        return this.#transmitter.arrived(peer, message.number, message.rumors.length, now, out);
      default:
        return unreachable(message);
    }
  }

  tick(now: Millis, out: Outbox): void {
    this.#plumtree.tick(now, out);
    this.#repair.tick(now, out);
    this.#antiEntropy.tick(now, out);
    this.#transmitter.tick(now, out);
    this.#repair.arm(now);
  }

  nextDeadline(): Millis {
    return Math.min(
      this.#plumtree.nextDeadline(),
      this.#repair.nextDeadline(),
      this.#antiEntropy.nextDeadline(),
      this.#transmitter.nextDeadline(),
    );
  }

  /** Bytes of this group's frames as they went over the links; `uncompressed` is what the sent ones were before. */
  countBytes(sent: number, received: number, uncompressed = sent): void {
    this.#state.counters.add("bytes_sent", sent);
    this.#state.counters.add("bytes_received", received);
    this.#state.counters.add("bytes_uncompressed", uncompressed);
  }

  /** Rumors waiting for one peer, at most `queueLimit`. */
  get longestQueue(): number {
    let longest = 0;
    for (const { queue } of this.#state.peers.values()) longest = Math.max(longest, queue.size);
    return longest;
  }

  get queueLimit(): number {
    return this.#state.queueLimit;
  }

  /** When views were last compared with a peer's; null: never. */
  get comparedAt(): Millis | null {
    return this.#antiEntropy.lastAt;
  }

  stats(): GossipStats {
    return statsOf(this.#state, this.#antiEntropy.lastAt);
  }
}
