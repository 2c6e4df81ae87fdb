/**
 * Links are leases: wanted by the overlay or asked for by a machine, dialled, greeted, renewed, replaced and let go.
 * Of two hubs the one with the lower id dials; the other waits a moment before it tries itself.
 */
import { type HubId, type Millis, unreachable } from "../common/types.ts";
import type { Leadership } from "../wire/catalog.ts";
import { DecodeError } from "../wire/codec.ts";
import { decodeFrame } from "../wire/frame.ts";
import type { Message, MessageOf } from "../wire/messages.ts";
import type { DialFailure, LinkId } from "./contract.ts";
import { dial } from "./dial.ts";
import { Dials } from "./dials.ts";
import { canRead, type GoodbyeReason, type Greeting, type Link, longestUnheard, newLink, survivor } from "./link.ts";
import { sendQueued } from "./link-frames.ts";
import { admitted, credentials, judge } from "./link-greeting.ts";
import { asked, isSilent } from "./link-silence.ts";
import { helloOf, type LinkNews, type LinkOutbox, type LinksOptions } from "./link-surroundings.ts";

/** A link that a machine asked for stays this long after the last request. */
const LINGER_MS = 30_000;
/** A hello is one hop away on an open link: time for a busy machine. */
const GREETING_MS = 5_000;
/** A replaced link is read for so long, unless the peer says goodbye before. */
const RETIRE_MS = 5_000;
/** Links being greeted or replaced count too. */
const MAX_LINKS_PER_CONNECTION = 4;
const MAX_GARBAGE = 16;
/** Of the hello on one link: a socket loses nothing, but a restart behind one does. */
const MAX_HELLOS = 4;

export class Links {
  readonly #o: LinksOptions;
  readonly #links = new Map<LinkId, Link>();
  /** The greeted link to each peer. */
  readonly #byPeer = new Map<HubId, Link>();
  readonly #dials: Dials;
  readonly #lingerUntil = new Map<HubId, Millis>();
  #wanted = new Map<HubId, Millis>();
  /** Cached `nextDeadline`; null when something has changed since. */
  #wakeAt: Millis | null = null;

  constructor(options: LinksOptions) {
    this.#o = options;
    this.#dials = new Dials(options.self.hubId, options.random);
  }

  connected(peer: HubId): boolean {
    return this.#byPeer.has(peer);
  }

  /** There is a link to it, which swallows what is sent: see link-silence.ts. */
  silent(peer: HubId, now: Millis): boolean {
    return isSilent(this.#byPeer.get(peer), this.#o.rttMs(peer), now);
  }

  greeted(): Link[] {
    return [...this.#byPeer.values()];
  }

  get standing(): number {
    return this.#byPeer.size;
  }

  /** False when there is no link to it, or it speaks a version that does not know this message. */
  queue(peer: HubId, message: Message, now: Millis): boolean {
    const link = this.#byPeer.get(peer);
    if (!link || !canRead(link, message.kind)) return false;
    asked(link, message, now);
    link.queue.push(message);
    return true;
  }

  /** The overlay's wish; others go when nobody has asked for them for a while. */
  want(peers: readonly HubId[], now: Millis): void {
    this.#wakeAt = null;
    this.#wanted = new Map(peers.map((peer) => [peer, this.#wanted.get(peer) ?? now]));
    this.#dials.stillWanted((peer) => this.#wanted.has(peer));
  }

  /** A machine needs to reach `peer` now, whatever the back-off says. False when no link or dial is there for it. */
  request(peer: HubId, now: Millis, out: LinkOutbox): boolean {
    this.#wakeAt = null;
    this.#lingerUntil.set(peer, now + LINGER_MS);
    return this.#byPeer.has(peer) || this.#dial(peer, now, out);
  }

  // ── What the runner reports ────────────────────────────────────────────────────────────────────────────────────────

  opened(id: LinkId, peer: HubId, direction: "out" | "in", now: Millis, out: LinkOutbox): void {
    this.#wakeAt = null;
    if (direction === "out") this.#dials.connected(peer);
    if (this.#links.size >= MAX_LINKS_PER_CONNECTION * this.#o.network.maxConnections) {
      this.#o.metrics.count("federation_links_refused_total", 1, { reason: "flood" });
      out.closeLink(id, 1013, "too many links");
      return;
    }
    this.#links.set(id, newLink(id, peer, direction, now, this.#o));
  }

  closed(id: LinkId, now: Millis, news: LinkNews[]): void {
    const link = this.#links.get(id);
    if (link) this.#forget(link, false, now, news);
  }

  dialFailed(peer: HubId, reason: DialFailure, now: Millis, news: LinkNews[]): void {
    this.#wakeAt = null;
    this.#dials.failed(peer, now);
    this.#o.metrics.count("federation_link_dials_failed_total", 1, { reason });
    if (!this.#byPeer.has(peer)) news.push({ kind: "dial-failed", peer, reason });
  }

  received(id: LinkId, bytes: Uint8Array, now: Millis, news: LinkNews[], out: LinkOutbox): void {
    const link = this.#links.get(id);
    if (!link) return;
    const messages = decodeFrame(bytes, this.#o.frames.maxBytes);
    if (messages instanceof DecodeError) {
      this.#reject(link, "undecodable", messages.message, now, news, out);
      return;
    }
    link.bytesReceived += bytes.length;
    this.#o.countBytes(link.peer, 0, bytes.length, 0);
    link.lastHeardAt = now;
    link.askedAt = null;
    this.#o.metrics.count("federation_frames_received_total");
    this.#o.metrics.count("federation_bytes_received_total", bytes.length);
    for (const message of messages) {
      if (this.#links.get(id) !== link) return;
      this.#take(link, message, now, news, out);
    }
  }

  // ── Time ───────────────────────────────────────────────────────────────────────────────────────────────────────────

  tick(now: Millis, news: LinkNews[], out: LinkOutbox): void {
    this.#wakeAt = null;
    for (const link of [...this.#links.values()]) {
      if (!link.greeting && now >= this.#greetingDeadline(link)) {
        this.#o.metrics.count("federation_peers_refused_total", 1, { reason: "no-hello" });
        out.closeLink(link.id, 1002, "no hello");
        this.#forget(link, false, now, news, "timeout");
      } else if (link.retiring !== null && now >= link.retiring) {
        out.closeLink(link.id, 1000, "replaced");
        this.#forget(link, true, now, news);
      } else if (link.greeting && link.dialler === "us" && this.#byPeer.get(link.peer) === link) {
        if (!this.#keeps(link.peer, now)) this.#dismiss(link, "unwanted", now, news, out);
        else if (now >= link.openedAt + this.#o.network.leaseMs && now >= this.#dials.readyAt(link.peer))
          this.#dial(link.peer, now, out);
      }
    }
    for (const peer of this.#dials.lost(now)) this.dialFailed(peer, "timeout", now, news);
    for (const [peer, since] of this.#wanted) {
      if (this.#byPeer.has(peer) || this.#dials.underWay(peer)) continue;
      if (now >= this.#dials.turnAt(peer, since)) this.#dial(peer, now, out);
    }
    for (const [peer, until] of this.#lingerUntil) if (now >= until) this.#lingerUntil.delete(peer);
  }

  nextDeadline(): Millis {
    this.#wakeAt ??= this.#soonest();
    return this.#wakeAt;
  }

  #soonest(): Millis {
    let next = this.#dials.nextDeadline();
    for (const link of this.#links.values()) {
      next = Math.min(next, link.retiring ?? Number.POSITIVE_INFINITY);
      if (!link.greeting) next = Math.min(next, this.#greetingDeadline(link));
      else if (link.dialler === "us" && this.#byPeer.get(link.peer) === link) {
        // With every dial taken, the end of one of them starts the next.
        if (!this.#wanted.has(link.peer)) next = Math.min(next, this.#lingerUntil.get(link.peer) ?? 0);
        else if (!this.#dials.full && !this.#dials.underWay(link.peer)) {
          next = Math.min(next, Math.max(link.openedAt + this.#o.network.leaseMs, this.#dials.readyAt(link.peer)));
        }
      }
    }
    if (this.#dials.full) return next;
    for (const [peer, since] of this.#wanted) {
      if (this.#byPeer.has(peer) || this.#dials.underWay(peer)) continue;
      next = Math.min(next, this.#dials.turnAt(peer, since));
    }
    return next;
  }

  /** Turns what was queued in this step into frames. */
  flush(out: LinkOutbox): void {
    for (const link of this.#links.values()) if (link.queue.length > 0) sendQueued(link, this.#o, out);
  }

  /** They share no group with this hub any more. */
  part(peers: ReadonlySet<HubId>, now: Millis, news: LinkNews[], out: LinkOutbox): void {
    const lost = [...this.#links.values()].filter(({ peer }) => peers.has(peer));
    for (const link of lost) this.#dismiss(link, "not-in-group", now, news, out);
  }

  /** Says goodbye to everyone: the hub is leaving. */
  closeAll(now: Millis, news: LinkNews[], out: LinkOutbox): void {
    for (const link of [...this.#links.values()]) this.#dismiss(link, "leaving", now, news, out);
  }

  // ── Greeting ───────────────────────────────────────────────────────────────────────────────────────────────────────

  #take(link: Link, message: Message, now: Millis, news: LinkNews[], out: LinkOutbox): void {
    if (message.kind === "goodbye") {
      this.#parted(link, message.reason, now, news, out);
    } else if (message.kind === "hello") {
      this.#greeted(link, message, now, news, out);
    } else if (message.kind === "stand-in") {
      this.#standIn(link, message.leadership, now, news, out);
    } else if (!link.greeting) {
      // Frames of before a restart, or our hello never came.
      this.#o.metrics.count("federation_frames_rejected_total", 1, { reason: "before-hello" });
      this.#helloAgain(link);
    } else if (message.kind === "message-part") {
      const whole = link.parts.take(message, link.greeting.version);
      if (whole instanceof DecodeError) this.#reject(link, "undecodable", whole.message, now, news, out);
      else if (whole) news.push({ kind: "message", from: link.peer, message: whole });
    } else {
      news.push({ kind: "message", from: link.peer, message });
    }
  }

  #greeted(link: Link, hello: MessageOf<"hello">, now: Millis, news: LinkNews[], out: LinkOutbox): void {
    this.#wakeAt = null;
    if (link.greeting?.instance === hello.instance) {
      // It says so again because ours was lost, or the frame came twice.
      this.#helloAgain(link);
      return;
    }
    if (link.greeting) {
      // Restarted behind a socket that its runtime kept open: what was said on it before is void.
      link.queue = [];
      link.parts.reset();
      if (this.#byPeer.get(link.peer) === link) {
        this.#byPeer.delete(link.peer);
        news.push({ kind: "down", peer: link.peer, expected: true });
      }
      link.greeting = null;
      link.hellos = 0;
      this.#helloAgain(link);
    }
    this.#greet(link, hello, now, news, out);
  }

  #helloAgain(link: Link): void {
    if (link.hellos >= MAX_HELLOS) return;
    link.hellos += 1;
    link.queue.push(helloOf(this.#o), ...(link.greeting ? credentials(this.#o, link.greeting) : []));
  }

  #greet(link: Link, hello: MessageOf<"hello">, now: Millis, news: LinkNews[], out: LinkOutbox): void {
    const judgement = judge(this.#o, link, hello, out);
    const isVisit = link.dialler === "us" && (judgement.kind === "candidate" || judgement.kind === "stranger");
    if (isVisit) news.push({ kind: "answered", hub: hello.hub });
    switch (judgement.kind) {
      case "welcome":
        return this.#welcome(link, judgement.greeting, now, news, out);
      case "candidate":
        link.candidate = judgement.greeting;
        link.queue.push(...credentials(this.#o, judgement.greeting));
        return;
      case "stranger":
        return this.#dismiss(link, "not-in-group", now, news, out);
      case "unfit":
        return this.#dismiss(link, "protocol", now, news, out);
      default:
        return unreachable(judgement);
    }
  }

  #standIn(link: Link, leadership: Leadership, now: Millis, news: LinkNews[], out: LinkOutbox): void {
    if (!link.candidate) return;
    this.#wakeAt = null;
    const greeting = admitted(this.#o, link.candidate, leadership);
    link.candidate = null;
    if (greeting) this.#welcome(link, greeting, now, news, out);
    else this.#dismiss(link, "not-in-group", now, news, out);
  }

  #welcome(link: Link, greeting: Greeting, now: Millis, news: LinkNews[], out: LinkOutbox): void {
    // The hello must leave in the old version before the new one is spoken.
    sendQueued(link, this.#o, out);
    link.greeting = greeting;
    link.queue.push(...credentials(this.#o, greeting));
    const held = this.#byPeer.get(link.peer);
    if (held) this.#settle(held, link, now, news, out);
    else if (this.#makeRoom(link, now, news, out)) this.#raise(link, news);
    else {
      news.push({ kind: "answered", hub: greeting.hub });
      this.#dismiss(link, "over-limit", now, news, out);
    }
  }

  #settle(held: Link, newcomer: Link, now: Millis, news: LinkNews[], out: LinkOutbox): void {
    const restarted = held.greeting?.instance !== newcomer.greeting?.instance;
    if (restarted) {
      this.#dismiss(held, "duplicate", now, news, out);
      this.#raise(newcomer, news);
    } else if (held.retiring === null && survivor(this.#o.self.hubId, held, newcomer) === held) {
      this.#retire(newcomer, "duplicate", now, news, out);
    } else {
      newcomer.queue.push(...held.queue);
      held.queue = [];
      this.#byPeer.set(newcomer.peer, newcomer);
      this.#dials.succeeded(newcomer.peer);
      this.#retire(held, held.dialler === newcomer.dialler ? "renewed" : "duplicate", now, news, out);
    }
  }

  /** Goodbye to a link that another replaces: it is read until the peer has said goodbye too, so that nothing is lost. */
  #retire(link: Link, reason: GoodbyeReason, now: Millis, news: LinkNews[], out: LinkOutbox): void {
    if (link.retiring !== null) return this.#dismiss(link, reason, now, news, out);
    link.queue.push({ kind: "goodbye", reason });
    sendQueued(link, this.#o, out);
    link.retiring = now + RETIRE_MS;
  }

  #raise(link: Link, news: LinkNews[]): void {
    const { greeting } = link;
    if (!greeting) return;
    this.#byPeer.set(link.peer, link);
    this.#dials.succeeded(link.peer);
    news.push({ kind: "up", ...greeting });
  }

  /**
   * At the limit, a link that the overlay does not want gives way, the longest unheard first; else the newcomer goes. Whether
   * that one is wanted is not asked: nobody wants a joiner before it was let in, and its parent may be all that it knows.
   */
  #makeRoom(newcomer: Link, now: Millis, news: LinkNews[], out: LinkOutbox): boolean {
    if (this.#byPeer.size < this.#o.network.maxConnections) return true;
    const spare = longestUnheard([...this.#byPeer.values()].filter((link) => !this.#wanted.has(link.peer)));
    if (!spare) {
      this.#o.metrics.count("federation_links_refused_total", 1, { reason: "over-limit" });
      out.log("debug", "link_over_limit", { peer: newcomer.peer, limit: this.#o.network.maxConnections });
      return false;
    }
    this.#dismiss(spare, "over-limit", now, news, out);
    return true;
  }

  // ── Parting ────────────────────────────────────────────────────────────────────────────────────────────────────────

  #parted(link: Link, reason: GoodbyeReason, now: Millis, news: LinkNews[], out: LinkOutbox): void {
    const replaced = reason === "renewed" || reason === "duplicate";
    if (replaced && this.#byPeer.get(link.peer) === link) {
      // Its successor has not greeted us yet; until then this one serves.
      this.#wakeAt = null;
      link.retiring = now + RETIRE_MS;
      return;
    }
    if (reason === "over-limit" || reason === "not-in-group") this.#dials.refused(link.peer, now);
    if (reason === "over-limit") news.push({ kind: "refused", peer: link.peer });
    out.closeLink(link.id, 1000, reason);
    this.#forget(link, true, now, news);
  }

  #dismiss(link: Link, reason: GoodbyeReason, now: Millis, news: LinkNews[], out: LinkOutbox): void {
    if (!this.#links.has(link.id)) return;
    // The overlay may want it all the same: a hub of the oldest version does not hear in whose place another comes.
    if (reason === "not-in-group" && !link.greeting) this.#dials.refused(link.peer, now);
    link.queue.push({ kind: "goodbye", reason });
    sendQueued(link, this.#o, out);
    out.closeLink(link.id, 1000, reason);
    this.#forget(link, true, now, news);
  }

  #reject(link: Link, why: string, detail: string, now: Millis, news: LinkNews[], out: LinkOutbox): void {
    link.garbage += 1;
    this.#o.metrics.count("federation_frames_rejected_total", 1, { reason: why });
    if (link.garbage === 1) out.log("warn", "frame_rejected", { peer: link.peer, reason: why, detail });
    if (link.garbage >= MAX_GARBAGE) this.#dismiss(link, "protocol", now, news, out);
  }

  /** `why` it counts as a failed dial, if nobody greeted. */
  #forget(link: Link, expected: boolean, now: Millis, news: LinkNews[], why: DialFailure = "unreachable"): void {
    this.#wakeAt = null;
    this.#links.delete(link.id);
    link.parts.reset();
    if (this.#byPeer.get(link.peer) === link) {
      this.#byPeer.delete(link.peer);
      // The turns begin anew: the lower id dials first.
      if (this.#wanted.has(link.peer)) this.#wanted.set(link.peer, now);
      news.push({ kind: "down", peer: link.peer, expected: expected || link.retiring !== null });
    } else if (!link.greeting && link.dialler === "us" && !expected) {
      this.dialFailed(link.peer, why, now, news);
    }
  }

  #dial(peer: HubId, now: Millis, out: LinkOutbox): boolean {
    return dial(this.#dials, this.#o, peer, now, out);
  }

  #keeps(peer: HubId, now: Millis): boolean {
    return this.#wanted.has(peer) || (this.#lingerUntil.get(peer) ?? 0) > now;
  }

  #greetingDeadline(link: Link): Millis {
    return link.openedAt + Math.min(GREETING_MS, this.#o.network.connectionTimeoutMs);
  }
}
