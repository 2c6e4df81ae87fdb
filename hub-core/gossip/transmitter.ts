/**
 * Sends what waits for a peer as far as its credit allows, and keeps the acknowledgements of both directions.
 * Rumors go before ranges; of rumors, urgent before normal before bulk.
 */
import type { Outbox } from "../common/outbox.ts";
import type { DurationMs, Millis } from "../common/types.ts";
import { PRIORITIES, type Rumor, type RumorStore } from "../wire/catalog.ts";
import { MAX_RUMORS } from "../wire/gossip-messages.ts";
import type { GroupState } from "./group-state.ts";
import type { GossipMessage } from "./messages.ts";
import { pages } from "./pages.ts";
import type { Peer } from "./peer.ts";
import type { Ack } from "./receive-window.ts";
import { encodedBytes, expired, keyOf, type RumorId, type RumorKey } from "./rumor-id.ts";
import type { Queued } from "./send-queue.ts";

/** What a message takes beside its rumors, at most: an id of 128 bytes and a few numbers. */
const MESSAGE_OVERHEAD = 256;
/** Charged to the credit for a message, and for an announced id. */
const HEADER_BYTES = 32;
const ID_BYTES = 12;
/** An acknowledgement waits this long for a message that can carry it. */
export const ACK_DELAY_MS: DurationMs = 100;
/** Unacknowledged messages after which it does not wait. */
const ACK_MESSAGES = 16;

export class Transmitter {
  readonly #state: GroupState;
  /** Cached `nextDeadline`; null when something has changed since. */
  #wakeAt: Millis | null = null;

  constructor(state: GroupState) {
    this.#state = state;
  }

  /** The largest rumor that fits a message. */
  get maxRumorBytes(): number {
    return this.#state.config.maxMessageBytes - MESSAGE_OVERHEAD;
  }

  get batchSize(): number {
    return Math.min(this.#state.config.batchSize, MAX_RUMORS);
  }

  send(peer: Peer, message: GossipMessage, out: Outbox): boolean {
    const sent = out.send(peer.hubId, message);
    if (sent) this.#state.counters.add("messages_sent");
    return sent;
  }

  pump(peer: Peer, now: Millis, out: Outbox): void {
    if (!out.connected(peer.hubId)) return;
    while (this.#pushNext(peer, now, out)) {}
    while (peer.sending.admits("range") && this.#rangeNext(peer, now, out)) {}
  }

  /** A peer without credit is not told: what it does not confirm is announced again, or found by anti-entropy. */
  announce(peer: Peer, announcements: readonly RumorId[], now: Millis, out: Outbox): void {
    for (const page of pages(announcements)) {
      if (!peer.sending.admits("urgent")) return;
      const origins = [...Map.groupBy(page, ({ origin }) => origin)].map(([origin, ids]) => ({
        origin,
        seqs: ids.map(({ seq }) => seq),
      }));
      const header = this.#number(peer, page.length * ID_BYTES, page.map(keyOf), now);
      this.send(peer, { kind: "gossip-have", ...header, origins }, out);
    }
  }

  // ── Acknowledgements ───────────────────────────────────────────────────────────────────────────────────────────────

  arrived(peer: Peer, number: number, rumors: number, now: Millis, out: Outbox): void {
    this.#wakeAt = null;
    peer.receiving.arrived(number);
    peer.unacknowledged.messages += 1;
    peer.unacknowledged.rumors += rumors;
    const due = peer.unacknowledged.messages >= ACK_MESSAGES || peer.unacknowledged.rumors >= this.batchSize;
    if (due) this.acknowledge(peer, out);
    else peer.ackAt = Math.min(peer.ackAt, now + ACK_DELAY_MS);
  }

  acknowledge(peer: Peer, out: Outbox): void {
    this.send(peer, { kind: "gossip-ack", ack: this.#ackFor(peer) }, out);
  }

  confirmed(peer: Peer, ack: Ack, now: Millis, out: Outbox): void {
    this.#wakeAt = null;
    for (const key of peer.sending.acknowledged(ack)) this.#state.recent.heldBy(key, peer.hubId);
    if (ack.upTo <= peer.sending.lastNumber) peer.ranges.acknowledged(ack.upTo);
    this.pump(peer, now, out);
  }

  /** Acknowledges what waited long enough, and asks for acknowledgements that did not come. */
  tick(now: Millis, out: Outbox): void {
    if (this.nextDeadline() > now) return;
    this.#wakeAt = null;
    for (const peer of this.#state.peers.values()) {
      if (peer.ackAt <= now) this.acknowledge(peer, out);
      if (this.#askAt(peer) > now) continue;
      peer.askedAt = now;
      this.send(peer, { kind: "gossip-sent", number: peer.sending.lastNumber }, out);
    }
  }

  nextDeadline(): Millis {
    if (this.#wakeAt !== null) return this.#wakeAt;
    let next = Number.POSITIVE_INFINITY;
    for (const peer of this.#state.peers.values()) next = Math.min(next, peer.ackAt, this.#askAt(peer));
    this.#wakeAt = next;
    return next;
  }

  /** A peer came, went, or is measured to be another distance off. */
  peersChanged(): void {
    this.#wakeAt = null;
  }

  #askAt(peer: Peer): Millis {
    const patience = Math.max(this.#state.config.intervalMs, ACK_DELAY_MS + 4 * peer.roundTripMs);
    return Math.max(peer.sending.oldestSentAt, peer.askedAt) + patience;
  }

  #ackFor(peer: Peer): Ack {
    this.#wakeAt = null;
    peer.ackAt = Number.POSITIVE_INFINITY;
    peer.unacknowledged = { messages: 0, rumors: 0 };
    return peer.receiving.ack;
  }

  /** Every numbered message carries the newest acknowledgement of the other direction. */
  #number(peer: Peer, bytes: number, rumors: readonly RumorKey[], now: Millis): { number: number; ack: Ack } {
    const number = peer.sending.nextNumber();
    peer.sending.sending(number, bytes + HEADER_BYTES, rumors, now);
    return { number, ack: this.#ackFor(peer) };
  }

  // ── Rumors ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  #pushNext(peer: Peer, now: Millis, out: Outbox): boolean {
    const batch = this.#takeBatch(peer, now);
    if (batch.length === 0) return false;
    const bytes = batch.reduce((sum, each) => sum + each.bytes, 0);
    const keys = batch.map(({ rumor }) => keyOf(rumor));
    const rumors = batch.map(({ rumor, hops, previous }) => ({
      rumor,
      hops,
      gap: previous === null ? 0 : rumor.seq - previous,
    }));
    this.send(peer, { kind: "gossip-push", ...this.#number(peer, bytes, keys, now), rumors }, out);
    this.#state.counters.add("rumors_sent", batch.length);
    return true;
  }

  #takeBatch(peer: Peer, now: Millis): Queued[] {
    const batch: Queued[] = [];
    let bytes = 0;
    for (const priority of PRIORITIES) {
      while (batch.length < this.batchSize && peer.sending.admits(priority, bytes)) {
        const head = peer.queue.peek(priority);
        if (!head) break;
        if (bytes > 0 && bytes + head.bytes > this.maxRumorBytes) return batch;
        peer.queue.take(priority);
        if (expired(head.rumor, now)) continue;
        batch.push(head);
        bytes += head.bytes;
      }
    }
    return batch;
  }

  // ── Ranges ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  #rangeNext(peer: Peer, now: Millis, out: Outbox): boolean {
    const request = peer.ranges.next();
    if (!request) return false;
    const { origin, after } = request;
    const changes = this.#state.store.changesSince(origin, after, this.maxRumorBytes);
    const { rumors, upTo, next, more } = cut(changes, after, this.batchSize, this.maxRumorBytes);
    if (next <= after) {
      if (changes.more || changes.rumors.length > 0) this.#oversized(origin, out);
      peer.ranges.abandon(origin);
      return true;
    }
    const bytes = rumors.reduce((sum, rumor) => sum + encodedBytes(rumor), 0);
    const header = this.#number(peer, bytes, rumors.map(keyOf), now);
    const spread = rumors.map((rumor) => ({ rumor, hops: (this.#state.recent.get(rumor)?.hops ?? 0) + 1 }));
    this.send(peer, { kind: "gossip-range", ...header, origin, after, upTo, rumors: spread }, out);
    peer.ranges.sent(origin, next, more, header.number);
    this.#state.counters.add("rumors_sent", rumors.length);
    return true;
  }

  #oversized(origin: string, out: Outbox): void {
    this.#state.counters.add("oversized");
    out.log("warn", "gossip-rumor-oversized", { origin, limit: this.maxRumorBytes });
  }
}

interface Cut {
  readonly rumors: readonly Rumor[];
  /** What they complete: never past what the store itself is complete to. */
  readonly upTo: number;
  /** Where the next message goes on. */
  readonly next: number;
  readonly more: boolean;
}

/** At most `count` rumors; the one that fits no message ends the range before it, so that it is never taken for delivered. */
function cut(changes: ReturnType<RumorStore["changesSince"]>, after: number, count: number, maxBytes: number): Cut {
  const oversized = changes.rumors.findIndex((rumor) => encodedBytes(rumor) > maxBytes);
  const fitting = oversized < 0 ? changes.rumors : changes.rumors.slice(0, oversized);
  const rumors = fitting.slice(0, count);
  const last = rumors.at(-1)?.seq ?? after;
  if (rumors.length === changes.rumors.length) {
    return { rumors, upTo: changes.upTo, next: Math.max(last, changes.upTo), more: changes.more };
  }
  return { rumors, upTo: Math.min(last, changes.upTo), next: last, more: true };
}
