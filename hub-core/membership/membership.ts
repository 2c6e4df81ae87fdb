/** Who is in the group, and whether they live: SWIM with Lifeguard over a bounded overlay. See README.md for the map. */
import type { Outbox } from "../common/outbox.ts";
import { type HubId, type HubIdentity, type Millis, unreachable } from "../common/types.ts";
import type { Leadership, MemberState } from "../wire/catalog.ts";
import type { Coordinate, MemberUpdate, membershipMessages } from "../wire/membership-messages.ts";
import type { Message } from "../wire/messages.ts";
import { Awareness } from "./awareness.ts";
import { Contacts } from "./contacts.ts";
import { Detector } from "./detector.ts";
import { Exchange } from "./exchange.ts";
import { Isolation } from "./isolation.ts";
import { isLive, type Member } from "./member.ts";
import { Merge } from "./merge.ts";
import { Neighbours } from "./neighbours.ts";
import { MAX_QUEUED, News } from "./news.ts";
import { OwnStanding } from "./own-standing.ts";
import { OwnTime } from "./own-time.ts";
import { PeerLink } from "./peer-link.ts";
import { Relay } from "./relay.ts";
import { MAX_MEMBERS, Roster } from "./roster.ts";
import { Seeker } from "./seeker.ts";
import { type DialFailure, type MembershipOptions, passengers, type Shared, tellDoubt } from "./shared.ts";
import { type MembershipStatus, statusOf } from "./status.ts";
import { Tribunal } from "./tribunal.ts";
import { type Greeted, noticeTwin } from "./twins.ts";
import { isPlausible, Vivaldi } from "./vivaldi.ts";

export type MembershipMessage = Extract<Message, { kind: keyof typeof membershipMessages }>;

/** A doubtful member that is heard is told of the doubt at most this often. */
const TOLD_EVERY_MS = 150;
const DOUBT_SCORE = 2;
const RECLAIM_EVERY_MS = 60_000;

export class Membership {
  readonly #shared: Shared;
  readonly #own: OwnStanding;
  readonly #merge: Merge;
  readonly #detector: Detector;
  readonly #tribunal: Tribunal;
  readonly #relay: Relay;
  readonly #exchange: Exchange;
  readonly #seeker: Seeker;
  readonly #ownTime: OwnTime;
  readonly #neighbours: Neighbours;
  #reclaimAt: Millis = Number.POSITIVE_INFINITY;
  #now: Millis = 0;

  constructor(options: MembershipOptions) {
    const shared: Shared = {
      options,
      selfId: options.self.hubId,
      leads: { parent: options.self.hubId },
      roster: new Roster(options.maxNeighbours, options.meets),
      links: new Map(),
      contacts: new Contacts(),
      news: new News(options.self.hubId, options.config.retransmitMultiplier),
      awareness: new Awareness(),
      isolation: new Isolation(),
      vivaldi: new Vivaldi(options.random),
    };
    this.#shared = shared;
    this.#neighbours = new Neighbours(shared.selfId, shared.roster, options.maxNeighbours);
    this.#own = new OwnStanding(shared);
    this.#merge = new Merge(shared, {
      aboutSelf: (update, via, now, out) => this.#own.hear(update, via, now, out),
      suspected: (now) => this.#tribunal.suspected(now),
      settled: (hub) => this.#detector.drop(hub),
    });
    this.#detector = new Detector(shared, (...accusation) => this.#merge.accuse(...accusation));
    this.#tribunal = new Tribunal(shared, this.#detector, (...verdict) => this.#merge.fail(...verdict));
    this.#relay = new Relay(shared);
    this.#exchange = new Exchange(shared);
    this.#seeker = new Seeker(shared);
    this.#ownTime = new OwnTime(options.config.probeIntervalMs);
  }

  // ── Events ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** `known`: hubs that may be in the group. Seeds, parent and children among them are looked for as long as this hub runs. */
  start(known: readonly HubIdentity[], now: Millis, out: Outbox): void {
    const { selfId, contacts, options } = this.#shared;
    for (const hub of known.filter(({ hubId }) => hubId !== selfId)) {
      const kin = hub.hubId === options.self.parent || hub.parent === selfId;
      contacts.add(hub, kin || options.seeds.has(hub.hubId), now);
    }
    // The parent is the one that others join: it waits for nobody.
    const isParent = known.some((hub) => hub.parent === selfId);
    this.#own.become(contacts.size > 0 && !isParent ? "joining" : "alive", now, out);
    this.#seeker.start(now, out);
    this.#settle(now, out);
  }

  /** Someone outside the protocols knows this hub: it is looked for as long as this hub runs. */
  introduce(hub: HubIdentity, now: Millis, out: Outbox): void {
    const { selfId, contacts, roster, links } = this.#shared;
    if (hub.hubId === selfId || this.#own.state === "left") return;
    if (!contacts.add(hub, true, now)) out.log("warn", "contact_dropped", { hub_id: hub.hubId });
    if (!roster.get(hub.hubId) && !links.has(hub.hubId)) out.dial(hub.hubId);
    this.#settle(now, out);
  }

  /** Hellos were exchanged. */
  linkOpened(met: Greeted, now: Millis, out: Outbox): void {
    const { hub: peer, incarnation, instance } = met;
    this.#observe(now);
    if (this.#own.state === "left") return;
    const { selfId, links, roster, isolation, options } = this.#shared;
    if (peer.hubId === selfId) return this.#own.met(peer.address, incarnation, instance, now, out);
    noticeTwin(this.#shared, met, now, out);
    links.set(peer.hubId, new PeerLink(instance));
    if (isolation.linked()) for (const id of this.#tribunal.solitary()) this.#merge.withdraw(id, now, out);
    const known = roster.get(peer.hubId);
    const joining = !known || !isLive(known.state);
    this.#merge.apply({ ...met, kind: "alive", joining, coordinate: null }, null, now, out);
    this.#lifeSign(peer.hubId, now, out);
    if (this.#refuse(peer, out)) return this.#settle(now, out);
    this.#tellDoubt(peer.hubId, now, out);
    this.#exchange.begin(peer.hubId, out);
    if (known && isLive(known.state))
      options.metrics.count("membership_links_regained_total", 1, { group: options.group });
    this.#settle(now, out);
  }

  /** `expected`: the other end said goodbye. Anything else is a hint, and is looked into at once. */
  linkRefused(peer: HubId, now: Millis): void {
    this.#detector.refused(peer, now);
  }

  linkClosed(peer: HubId, expected: boolean, now: Millis, out: Outbox): void {
    this.#observe(now);
    const { links, roster, isolation, awareness, options } = this.#shared;
    if (out.connected(peer) || !links.delete(peer) || this.#own.state === "left") return;
    const member = roster.get(peer);
    // Questions that were on their way went down with the link: their silence proves nothing.
    this.#detector.drop(peer);
    if (!expected && member && isLive(member.state)) {
      if (isolation.closed(links.size, roster.live, now)) {
        awareness.apply(DOUBT_SCORE);
        out.log("warn", "all_links_lost", { group: options.group });
      }
      this.#detector.check(peer, true, now, out);
    }
    this.#settle(now, out);
  }

  dialFailed(peer: HubId, reason: DialFailure, now: Millis, out: Outbox): void {
    this.#observe(now);
    if (this.#own.state === "left") return;
    switch (reason) {
      case "refused":
      case "unreachable":
        this.#relay.unreachable(peer, out);
        this.#detector.unreachable(peer, now, out);
        break;
      case "timeout":
        this.#relay.unreachable(peer, out);
        break;
      case "unauthorized":
        // It is there, and does not want us: no evidence of anything.
        break;
      default:
        return unreachable(reason);
    }
    this.#settle(now, out);
  }

  /** Any valid frame from the peer that is not for this machine. */
  heard(peer: HubId, now: Millis, out: Outbox): void {
    this.#observe(now);
    this.#detector.heard(peer, now);
    this.#tellDoubt(peer, now, out);
    this.#ownTime.due(this.nextDeadline(), now);
  }

  receive(from: HubId, message: MembershipMessage, now: Millis, out: Outbox): void {
    this.#observe(now);
    if (this.#own.state === "left") return;
    if (message.kind === "join-refused") this.#own.refused(message.limit, now, out);
    if (!this.#shared.links.has(from)) return;
    this.#lifeSign(from, now, out);
    this.#handle(from, message, now, out);
    this.#tellDoubt(from, now, out);
    this.#settle(now, out);
  }

  tick(now: Millis, out: Outbox): void {
    this.#observe(now);
    if (this.#own.state === "left") return;
    const { refusal } = this.#own;
    if (refusal && now >= refusal.retryAt) this.#own.retry(now, out);
    this.#relay.tick(now, out);
    this.#detector.tick(now, out);
    this.#tribunal.tick(now, out);
    this.#exchange.tick(this.#own.state === "joining", now, out);
    this.#seeker.tick(this.#own.state === "alive", now, out);
    this.#reclaim(now, out);
    this.#settle(now, out);
  }

  /** Infinity once this hub has left. */
  nextDeadline(): Millis {
    if (this.#own.state === "left") return Number.POSITIVE_INFINITY;
    return Math.min(
      this.#detector.nextDeadline(),
      this.#tribunal.nextDeadline(),
      this.#relay.nextDeadline(),
      this.#exchange.nextDeadline(),
      this.#seeker.nextDeadline(),
      this.#shared.news.nextDeadline(),
      this.#own.refusal?.retryAt ?? Number.POSITIVE_INFINITY,
      this.#reclaimAt,
    );
  }

  /** Graceful: everyone linked is told, and nothing more is said or concluded by this run. */
  leave(now: Millis, out: Outbox): void {
    if (this.#own.state === "left") return;
    const { news, links } = this.#shared;
    this.#own.become("left", now, out);
    news.push(links.keys(), now, out);
    news.clear();
  }

  /** This hub is here in its parent's place, and has been elected anew. */
  standFor(leadership: Leadership, now: Millis, out: Outbox): void {
    if (this.#own.state === "left") return;
    this.#own.standFor(leadership, now, out);
    this.#settle(now, out);
  }

  /** From now on this hub admits the children of `parent`: its own, or those of whom it stands in for. */
  admitFor(parent: HubId): void {
    this.#shared.leads.parent = parent;
  }

  /** It is no member any more, whatever it says. */
  expel(id: HubId, now: Millis, out: Outbox): void {
    const { incarnation } = this.#shared.roster.get(id) ?? { incarnation: 0 };
    this.#merge.apply({ kind: "left", hubId: id, incarnation }, null, now, out);
  }

  /** A member that was here in another's place, has failed, and has no such place any more: nobody need look for it here. */
  excuse(id: HubId, now: Millis, out: Outbox): void {
    if (this.#shared.roster.get(id)?.state === "failed") this.#merge.excuse(id, now, out);
  }

  /** The share of links that the overlay may ask for; changes as the hub's other group grows. */
  setMaxNeighbours(maxNeighbours: number): void {
    this.#neighbours.setMax(maxNeighbours);
  }

  // ── What is known ──────────────────────────────────────────────────────────────────────────────────────────────────

  member(id: HubId): Member | undefined {
    return this.#shared.roster.get(id);
  }

  /** This hub included. */
  members(): readonly Member[] {
    return [...this.#shared.roster.all()];
  }

  get version(): number {
    return this.#shared.roster.version;
  }

  counts(): Record<MemberState, number> {
    return this.#shared.roster.counts();
  }

  present(): number {
    return this.#shared.roster.live;
  }

  /** With whom the overlay wants a standing link. */
  neighbours(): readonly HubId[] {
    return this.#own.state === "left" || this.#own.refusal !== null ? [] : this.#neighbours.all();
  }

  /** When any other member was last heard; null when there is none that has not left. */
  lastHeardAt(): Millis | null {
    const { roster, selfId } = this.#shared;
    let latest: Millis | null = null;
    for (const { identity, state, lastHeardAt } of roster.all()) {
      if (identity.hubId !== selfId && state !== "left") latest = Math.max(latest ?? lastHeardAt, lastHeardAt);
    }
    return latest;
  }

  linkQuality(id: HubId): { readonly rttMs: number; readonly loss: number } | undefined {
    const { leastMs = null, loss = 0 } = this.#shared.links.get(id)?.quality ?? {};
    return leastMs === null ? undefined : { rttMs: leastMs, loss };
  }

  status(): MembershipStatus {
    const maxima = { members: MAX_MEMBERS, neighbours: this.#neighbours.max, queuedUpdates: MAX_QUEUED };
    return statusOf(this.#shared, this.#own, this.#tribunal, this.neighbours(), maxima, this.#now);
  }

  // ── Inside ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  #handle(from: HubId, message: MembershipMessage, now: Millis, out: Outbox): void {
    switch (message.kind) {
      case "ping":
        this.#locate(from, message.coordinate);
        this.#hearAll(message.updates, from, now, out);
        out.send(from, { kind: "ack", seq: message.seq, ...passengers(this.#shared, from, now) });
        return;
      case "ack":
        this.#locate(from, message.coordinate);
        this.#detector.answered(from, message.seq, now);
        return this.#hearAll(message.updates, from, now, out);
      case "ping-request":
        return this.#relay.requested(from, message.seq, message.target, now, out);
      case "relayed":
        return this.#detector.relayed(message.seq, message.heard, now);
      case "news":
        return this.#hearAll(message.updates, from, now, out);
      case "view-digest":
        if (this.#exchange.digestReceived(from, message.digest, message.answer, now, out)) this.#joined(now, out);
        return;
      case "view":
        for (const update of message.members) this.#merge.applyFromView(update, from, now, out);
        if (message.last) this.#joined(now, out);
        return;
      case "join-refused":
        return;
      default:
        return unreachable(message);
    }
  }

  #hearAll(updates: readonly MemberUpdate[], from: HubId, now: Millis, out: Outbox): void {
    for (const update of updates) this.#merge.apply(update, from, now, out);
  }

  /** The first state exchange is done. */
  #joined(now: Millis, out: Outbox): void {
    if (this.#own.state === "joining" && this.#own.refusal === null) this.#own.become("alive", now, out);
  }

  #locate(peer: HubId, coordinate: Coordinate | null): void {
    if (coordinate && isPlausible(coordinate)) this.#shared.roster.locate(peer, coordinate);
  }

  #lifeSign(peer: HubId, now: Millis, out: Outbox): void {
    this.#detector.heard(peer, now);
    this.#relay.heard(peer, out);
  }

  /** What is held against a member that is heard: it can refute only what it knows. */
  #tellDoubt(peer: HubId, now: Millis, out: Outbox): void {
    const link = this.#shared.links.get(peer);
    if (link && now - link.toldAt >= TOLD_EVERY_MS) tellDoubt(this.#shared, peer, now, out);
  }

  #refuse(peer: HubIdentity, out: Outbox): boolean {
    const { roster, links, options } = this.#shared;
    const state = roster.get(peer.hubId)?.state;
    if ((state !== undefined && isLive(state)) || !this.#merge.isFull(peer)) return false;
    out.send(peer.hubId, { kind: "join-refused", code: "capacity_exhausted", limit: options.capacity });
    links.delete(peer.hubId);
    return true;
  }

  /** A gap in this hub's own time accuses nobody: what was pending is dropped, and everyone is asked afresh. */
  #observe(now: Millis): void {
    this.#now = Math.max(this.#now, now);
    const gapMs = this.#ownTime.gapMs(now);
    if (gapMs === 0) return;
    const { roster, awareness, options } = this.#shared;
    options.metrics.count("membership_pauses_total", 1, { group: options.group });
    awareness.apply(1);
    for (const { identity } of roster.all()) roster.heard(identity.hubId, now);
    this.#detector.reset(now);
    this.#relay.stop();
    this.#tribunal.postpone(gapMs + 2 * options.config.probeIntervalMs);
  }

  #reclaim(now: Millis, out: Outbox): void {
    if (now < this.#reclaimAt) return;
    this.#reclaimAt = Number.POSITIVE_INFINITY;
    this.#merge.reclaim(now - this.#shared.options.config.reclaimAfterMs, now, out);
  }

  /** After every event: new news leaves, and what should be running is running. */
  #settle(now: Millis, out: Outbox): void {
    const { news, links, roster, options } = this.#shared;
    news.flush(links.keys(), now, out);
    if (this.#reclaimAt === Number.POSITIVE_INFINITY && roster.size > roster.live)
      this.#reclaimAt = now + Math.max(1_000, Math.min(RECLAIM_EVERY_MS, options.config.reclaimAfterMs / 10));
    this.#detector.schedule(now);
    this.#exchange.schedule(this.#own.state === "joining", now);
    this.#seeker.schedule(now);
    this.#ownTime.due(this.nextDeadline(), now);
  }
}
