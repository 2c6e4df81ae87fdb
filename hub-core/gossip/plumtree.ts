/**
 * Rumors pushed along the tree, announced beside it, and grafted when they do not come: Plumtree (Leitão 2007, §3).
 */
import type { Outbox } from "../common/outbox.ts";
import type { DurationMs, HubId, Millis } from "../common/types.ts";
import type { Rumor } from "../wire/catalog.ts";
import type { GroupState } from "./group-state.ts";
import type { GossipMessageOf } from "./messages.ts";
import { pages } from "./pages.ts";
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
/** Sequence numbers start at one: a graft of this asks for what is still to come. */
const NOTHING_YET = 0;
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
    const { recent, missing, order, trees } = this.#state;
    if (recent.get(rumor)) return;
    trees.root(rumor.origin);
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
    const { config, counters, peers, recent, trees } = this.#state;
    if (expired(rumor, now)) return;
    if (hops >= config.hopLimit) return counters.add("hop_limited");
    const bytes = encodedBytes(rumor);
    if (bytes > this.#transmitter.maxRumorBytes) {
      counters.add("oversized");
      return out.log("warn", "gossip-rumor-oversized", { origin: rumor.origin, key: rumor.key, bytes });
    }
    const holders = recent.get(rumor)?.holders;
    for (const peer of peers.values()) {
      if (holders?.includes(peer.hubId)) continue;
      if (trees.isEager(rumor.origin, peer.hubId)) this.#queue(peer, { rumor, hops: hops + 1, previous, bytes }, now);
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
    const { trees } = this.#state;
    const redundant = new Set<HubId>();
    for (const { rumor, hops, gap } of message.rumors) {
      const outcome = this.accept(peer, rumor, hops, gap > 0 ? rumor.seq - gap : null, now, out);
      if (outcome === "applied") trees.delivered(rumor.origin, peer.hubId);
      if (outcome === "duplicate" && trees.redundant(rumor.origin, peer.hubId)) redundant.add(rumor.origin);
    }
    if (redundant.size > 0) this.#prune(peer, [...redundant], out);
  }

  receiveHave(peer: Peer, message: GossipMessageOf<"gossip-have">, now: Millis): void {
    const { recent, missing } = this.#state;
    for (const { origin, seqs } of message.origins) {
      for (const seq of seqs) {
        const id = { origin, seq };
        const known = recent.get(id);
        if (known) recent.heldBy(known.key, peer.hubId);
        else if (!this.#covered(id)) missing.announced(id, peer.hubId, now + this.#graftWait(origin));
      }
    }
  }

  receiveGraft(peer: Peer, message: GossipMessageOf<"gossip-graft">, now: Millis): void {
    const { config, recent, store, trees } = this.#state;
    for (const { origin, seq } of message.ids) {
      trees.graft(origin, peer.hubId);
      const rumor = store.get(origin, seq);
      const hops = recent.get({ origin, seq })?.hops ?? 0;
      const bytes = rumor ? encodedBytes(rumor) : Number.POSITIVE_INFINITY;
      if (!rumor || hops >= config.hopLimit || bytes > this.#transmitter.maxRumorBytes) continue;
      this.#queue(peer, { rumor, hops: hops + 1, previous: null, bytes }, now);
    }
  }

  receivePrune(peer: Peer, message: GossipMessageOf<"gossip-prune">): void {
    for (const origin of message.origins) this.#state.trees.prune(origin, peer.hubId);
  }

  // ── The trees ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /** What a lost peer brought would come late, by announcements, once: all who could take its place are asked to push. */
  peerLeft(hubId: HubId, out: Outbox): void {
    const orphaned = [...this.#state.trees.leave(hubId)].flatMap(([origin, lazy]) =>
      lazy.map((substitute) => ({ origin, seq: NOTHING_YET, substitute })),
    );
    for (const [substitute, ids] of Map.groupBy(orphaned, (each) => each.substitute)) {
      const peer = this.#state.peers.get(substitute);
      if (peer) this.#graft(peer, ids, out);
    }
  }

  #prune(peer: Peer, redundant: readonly HubId[], out: Outbox): void {
    for (const origins of pages(redundant)) {
      this.#state.counters.add("prunes");
      this.#transmitter.send(peer, { kind: "gossip-prune", origins }, out);
    }
  }

  #graft(peer: Peer, wanted: readonly RumorId[], out: Outbox): void {
    for (const page of pages(wanted)) {
      const ids = page.map(({ origin, seq }) => ({ origin, seq }));
      for (const { origin } of ids) this.#state.trees.graft(origin, peer.hubId);
      this.#state.counters.add("grafts");
      this.#transmitter.send(peer, { kind: "gossip-graft", ids }, out);
    }
  }

  #covered({ origin, seq }: RumorId): boolean {
    const { store } = this.#state;
    return store.completeTo(origin) >= seq || store.get(origin, seq) !== undefined;
  }

  /** A rumor may still come along its tree: give it two round trips of the slowest eager link. */
  #graftWait(origin: HubId): DurationMs {
    let slowest = 0;
    for (const peer of this.#state.peers.values()) {
      if (this.#state.trees.isEager(origin, peer.hubId)) slowest = Math.max(slowest, peer.roundTripMs);
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
        .filter(([, id]) => !this.#state.recent.get(id)?.holders.includes(peer.hubId))
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
      if (peer) this.#graft(peer, ids, out);
    }
  }
}
