/**
 * Rumors pushed along the tree, announced beside it, and grafted when they do not come: Plumtree (Leitão 2007, §3).
 */
import type { Outbox } from "../common/outbox.ts";
import type { DurationMs, HubId, Millis } from "../common/types.ts";
import type { Rumor } from "../wire/catalog.ts";
import { MAX_IDS } from "../wire/gossip-messages.ts";
import type { GroupState } from "./group-state.ts";
import type { GossipMessageOf } from "./messages.ts";
import type { Peer } from "./peer.ts";
import { encodedBytes, expired, keyOf, type RumorId } from "./rumor-id.ts";
import type { Transmitter } from "./transmitter.ts";

/** `duplicate`: this very update was here. `stale`: a newer one of its key was. `rejected`: not applied, so not seen. */
export type Acceptance = "applied" | "duplicate" | "stale" | "rejected";

/** Announcements wait this many coalescing times: most rumors have come along the tree by then, and need none. */
const ANNOUNCE_DELAY_FACTOR = 8;
const MIN_ANNOUNCE_DELAY_MS: DurationMs = 10;
const MIN_GRAFT_WAIT_MS: DurationMs = 20;
const MAX_GRAFT_WAIT_MS: DurationMs = 2_000;
/**
 * Pushed rumors in a row that were here already before a link is pruned. The paper prunes at the first; but when rumors of
 * several origins run at once, each finds another link of a cycle redundant, and pruning all of them breaks the tree.
 */
export const REDUNDANT_IN_A_ROW = 3;

export class Plumtree {
  readonly #state: GroupState;
  readonly #transmitter: Transmitter;
  #flushAt: Millis = Number.POSITIVE_INFINITY;
  #flushedAt: Millis = Number.NEGATIVE_INFINITY;
  #announceAt: Millis = Number.POSITIVE_INFINITY;

  constructor(state: GroupState, transmitter: Transmitter) {
    this.#state = state;
    this.#transmitter = transmitter;
  }

  // ── Spreading ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /** A rumor that is in the store already: our own, or relayed from the hub's other group after `hops` links. */
  publish(rumor: Rumor, hops: number, except: HubId | null, now: Millis, out: Outbox): void {
    const { recent, missing, order } = this.#state;
    if (recent.get(rumor)) return;
    const holders = [...missing.arrived(rumor)];
    if (except !== null) holders.push(except);
    const previous = this.#claimFor(rumor);
    order.passed(rumor.origin, rumor.seq);
    recent.add(rumor, hops, null, holders, now, hops < this.#state.config.hopLimit);
    this.#forward(rumor, hops, previous, now, out);
  }

  /** Applies one rumor from a peer and, when it is news, passes it on. */
  accept(peer: Peer, rumor: Rumor, hops: number, previous: number | null, now: Millis, out: Outbox): Acceptance {
    const { store, recent, missing, order, counters } = this.#state;
    counters.add("rumors_received");
    const announcers = missing.arrived(rumor);
    if (recent.get(rumor)) {
      recent.heldBy(keyOf(rumor), peer.hubId);
      counters.add("duplicates");
      return "duplicate";
    }
    const held = store.get(rumor.origin, rumor.seq) !== undefined;
    const outcome = store.apply(rumor, peer.hubId, now);
    // A store that will not have it from this peer calls it stale without covering it.
    if (outcome === "rejected" || (outcome === "stale" && !store.covers(rumor.origin, rumor.seq, rumor.key))) {
      counters.add("rejected");
      return "rejected";
    }
    order.passed(rumor.origin, rumor.seq);
    const spreads = outcome === "applied" && hops < this.#state.config.hopLimit;
    recent.add(rumor, hops, peer.hubId, [peer.hubId, ...announcers], now, spreads);
    this.#complete(rumor, previous);
    if (outcome === "stale") {
      counters.add("duplicates");
      return held ? "duplicate" : "stale";
    }
    this.#observe(rumor, now);
    out.notify({ kind: "rumor-applied", rumor, from: peer.hubId, hops });
    this.#forward(rumor, hops, previous, now, out);
    return "applied";
  }

  #forward(rumor: Rumor, hops: number, previous: number | null, now: Millis, out: Outbox): void {
    const { config, counters, peers, recent, tree } = this.#state;
    if (expired(rumor, now)) return;
    if (hops >= config.hopLimit) return counters.add("hop_limited");
    const bytes = encodedBytes(rumor);
    if (bytes > this.#transmitter.maxRumorBytes) {
      counters.add("oversized");
      return out.log("warn", "gossip-rumor-oversized", { origin: rumor.origin, key: rumor.key, bytes });
    }
    const holders = recent.get(rumor)?.holders;
    for (const peer of peers.values()) {
      if (holders?.has(peer.hubId)) continue;
      if (tree.isEager(peer.hubId)) this.#queue(peer, { rumor, hops: hops + 1, previous, bytes }, now);
      else this.#announceLater(peer, rumor, now);
    }
  }

  #queue(peer: Peer, queued: Parameters<Peer["queue"]["push"]>[0], now: Millis): void {
    if (peer.queue.push(queued)) this.#state.counters.add("dropped");
    this.#flushAt = Math.min(this.#flushAt, Math.max(now, this.#flushedAt + this.#state.config.coalesceMs));
  }

  #announceLater(peer: Peer, { origin, seq }: RumorId, now: Millis): void {
    peer.announceLater(keyOf({ origin, seq }), { origin, seq });
    const delay = Math.max(MIN_ANNOUNCE_DELAY_MS, ANNOUNCE_DELAY_FACTOR * this.#state.config.coalesceMs);
    // Of two hubs about to announce to each other, the later one then knows better.
    if (this.#announceAt === Number.POSITIVE_INFINITY)
      this.#announceAt = now + delay * (1 + this.#state.random.float());
  }

  /** The store may have taken several rumors of a batch, urgent ones first: nothing is claimed past one still to be published. */
  #claimFor({ origin, seq }: RumorId): number | null {
    const { order, store } = this.#state;
    const previous = order.previousOf(origin, seq, store.completeTo(origin));
    if (previous === null) return null;
    const next = store.changesSince(origin, previous, 1).rumors[0];
    return next === undefined || next.seq >= seq ? previous : null;
  }

  /** See `LogOrder`: a sound claim closes the hole before the rumor. */
  #complete({ origin, seq }: RumorId, previous: number | null): void {
    if (previous === null) return;
    const completeTo = this.#state.store.completeTo(origin);
    if (completeTo >= previous && completeTo < seq) this.#state.store.completeUpTo(origin, seq);
  }

  #observe({ body }: Rumor, now: Millis): void {
    if (body.kind === "test") this.#state.counters.latency(now - body.startedAt);
    else if ("updatedAt" in body) this.#state.counters.latency(now - body.updatedAt);
  }

  // ── What peers say ─────────────────────────────────────────────────────────────────────────────────────────────────

  receivePush(peer: Peer, message: GossipMessageOf<"gossip-push">, now: Millis, out: Outbox): void {
    let news = 0;
    let duplicates = 0;
    for (const { rumor, hops, gap } of message.rumors) {
      const outcome = this.accept(peer, rumor, hops, gap > 0 ? rumor.seq - gap : null, now, out);
      if (outcome === "applied") news += 1;
      if (outcome === "duplicate") duplicates += 1;
    }
    if (news > 0) peer.redundant = 0;
    if (duplicates > news) {
      peer.redundant += duplicates;
      if (peer.redundant >= REDUNDANT_IN_A_ROW) this.#prune(peer, out);
    } else if (news > 0) this.#state.tree.graft(peer.hubId);
  }

  receiveHave(peer: Peer, message: GossipMessageOf<"gossip-have">, now: Millis): void {
    const { recent, missing } = this.#state;
    for (const { origin, seqs } of message.origins) {
      for (const seq of seqs) {
        const id = { origin, seq };
        const known = recent.get(id);
        if (known) known.holders.add(peer.hubId);
        else if (!this.#covered(id)) missing.announced(id, peer.hubId, now + this.#graftWait());
      }
    }
  }

  receiveGraft(peer: Peer, message: GossipMessageOf<"gossip-graft">, now: Millis): void {
    const { config, recent, store, tree } = this.#state;
    tree.graft(peer.hubId);
    for (const { origin, seq } of message.ids) {
      const rumor = store.get(origin, seq);
      const hops = recent.get({ origin, seq })?.hops ?? 0;
      const bytes = rumor ? encodedBytes(rumor) : Number.POSITIVE_INFINITY;
      if (!rumor || hops >= config.hopLimit || bytes > this.#transmitter.maxRumorBytes) continue;
      this.#queue(peer, { rumor, hops: hops + 1, previous: null, bytes }, now);
    }
  }

  receivePrune(peer: Peer): void {
    this.#state.tree.prune(peer.hubId);
  }

  // ── The tree ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** A hub without eager links would hear of nothing until it is announced: it takes its nearest at once. */
  peerLeft(out: Outbox): void {
    const { peers, tree } = this.#state;
    if (tree.size > 0 || peers.size === 0) return;
    const nearest = [...peers.values()].reduce((best, peer) => (peer.roundTripMs < best.roundTripMs ? peer : best));
    this.#graft(nearest, [], out);
  }

  #prune(peer: Peer, out: Outbox): void {
    peer.redundant = 0;
    this.#state.tree.prune(peer.hubId);
    this.#state.counters.add("prunes");
    this.#transmitter.send(peer, { kind: "gossip-prune" }, out);
  }

  #graft(peer: Peer, ids: readonly RumorId[], out: Outbox): void {
    this.#state.tree.graft(peer.hubId);
    this.#state.counters.add("grafts");
    const wanted = ids.map(({ origin, seq }) => ({ origin, seq }));
    this.#transmitter.send(peer, { kind: "gossip-graft", ids: wanted }, out);
  }

  #covered({ origin, seq }: RumorId): boolean {
    const { store } = this.#state;
    return store.completeTo(origin) >= seq || store.get(origin, seq) !== undefined;
  }

  /** A rumor may still come along the tree: give it two round trips of the slowest eager link. */
  #graftWait(): DurationMs {
    let slowest = 0;
    for (const peer of this.#state.peers.values()) {
      if (this.#state.tree.isEager(peer.hubId)) slowest = Math.max(slowest, peer.roundTripMs);
    }
    const wait = 2 * this.#state.config.coalesceMs + 2 * slowest;
    return Math.min(MAX_GRAFT_WAIT_MS, Math.max(MIN_GRAFT_WAIT_MS, wait)) * (1 + this.#state.random.float());
  }

  // ── Time ───────────────────────────────────────────────────────────────────────────────────────────────────────────

  nextDeadline(): Millis {
    return Math.min(this.#flushAt, this.#announceAt, this.#state.missing.nextDue);
  }

  tick(now: Millis, out: Outbox): void {
    if (this.#flushAt <= now) this.#flush(now, out);
    if (this.#announceAt <= now) this.#announce(now, out);
    if (this.#state.missing.nextDue <= now) this.#askForMissing(now, out);
  }

  #flush(now: Millis, out: Outbox): void {
    this.#flushAt = Number.POSITIVE_INFINITY;
    this.#flushedAt = now;
    for (const peer of this.#state.peers.values()) this.#transmitter.pump(peer, now, out);
  }

  #announce(now: Millis, out: Outbox): void {
    this.#announceAt = Number.POSITIVE_INFINITY;
    for (const peer of this.#state.peers.values()) {
      const unheld = peer
        .takeAnnouncements()
        .filter(([, id]) => !this.#state.recent.get(id)?.holders.has(peer.hubId))
        .map(([, announcement]) => announcement);
      if (unheld.length > 0) this.#transmitter.announce(peer, unheld, now, out);
    }
  }

  #askForMissing(now: Millis, out: Outbox): void {
    const { missing, peers } = this.#state;
    const patience = (announcer: HubId): DurationMs =>
      Math.max(MIN_GRAFT_WAIT_MS, 2 * (peers.get(announcer)?.roundTripMs ?? 0));
    const due = missing.due(now, (id) => this.#covered(id), patience);
    for (const [announcer, ids] of Map.groupBy(due, (each) => each.announcer)) {
      const peer = peers.get(announcer);
      if (!peer) continue;
      for (let at = 0; at < ids.length; at += MAX_IDS) this.#graft(peer, ids.slice(at, at + MAX_IDS), out);
    }
  }
}
