/**
 * The machines of one hub, composed. Events go in, effects come out, nothing else happens.
 * See contract.ts for what the runner owes the hub, and README.md for the map.
 */
import { Metrics } from "../common/metrics.ts";
import type { Notice } from "../common/outbox.ts";
import { Random } from "../common/random.ts";
import { type HubId, type HubIdentity, invariant, type Millis, unreachable } from "../common/types.ts";
import type { HubConfig } from "../config/hub-config.ts";
import { TestMessages } from "../gossip/index.ts";
import { Registry } from "../registry/index.ts";
import { Router } from "../routing/index.ts";
import { NEWEST_VERSION } from "../wire/versions.ts";
import { answer } from "./answer.ts";
import { CatchUp } from "./catch-up.ts";
import { checked } from "./checked.ts";
import type { Effect, HubEvent, StoredState } from "./contract.ts";
import { cutOffSince } from "./cut-off.ts";
import { deliver } from "./deliver.ts";
import { Departure } from "./departure.ts";
import { Directory } from "./directory.ts";
import { StepEffects } from "./effects.ts";
import { type EventualState, openEventual } from "./eventual.ts";
import { type Group, openGroups, wantedLinks } from "./group.ts";
import { Identity } from "./identity.ts";
import { LinkLoad, measureEvery } from "./link-load.ts";
import { openLinks } from "./link-setup.ts";
import type { LinkNews } from "./link-surroundings.ts";
import type { Links } from "./links.ts";
import { Wake } from "./wake.ts";

export interface HubOptions {
  readonly config: HubConfig;
  readonly stored: StoredState;
  /** All of the hub's randomness. */
  readonly seed: number;
  readonly softwareVersion: string;
  /** The newest protocol version it speaks, for a hub that is held back; default: the newest there is. */
  readonly protocolVersion?: number;
}

/** Notices raise notices; a chain longer than this is a loop. */
const MAX_NOTICES_PER_STEP = 1_000_000;
const MAX_TEST_MESSAGES = 64;
/** Past its time by this much, a look at the links is that of a hub that was paused. */
const LATE_LOOK_MS = 1_000;

export class Hub {
  readonly self: HubIdentity;
  readonly config: HubConfig;
  readonly softwareVersion: string;
  readonly metrics = new Metrics();
  readonly groups: readonly Group[];
  readonly eventual: EventualState;
  readonly registry: Registry;
  readonly router: Router;
  readonly tests: TestMessages;
  readonly links: Links;
  readonly catchUp = new CatchUp();
  readonly departure = new Departure();
  readonly startedAt: Millis;

  readonly #instance: number;
  readonly #linkLoad = new LinkLoad();
  readonly #directory: Directory;
  readonly #identity: Identity;
  readonly #wake = new Wake();
  #now: Millis;
  #news: LinkNews[] = [];
  /** The group of each linked peer. */
  readonly #groupOfLink = new Map<HubId, Group>();
  #overlayStale = true;
  #catalogStale = false;
  #measureLinksAt: Millis;
  #clones = 0;

  constructor(options: HubOptions, now: Millis) {
    const { config, stored } = options;
    const random = new Random(options.seed);
    this.self = config.hub;
    this.config = config;
    this.softwareVersion = options.softwareVersion;
    this.startedAt = now;
    this.#now = now;
    this.#instance = random.uint32();
    this.#identity = new Identity(stored.identity, random, now);
    this.#measureLinksAt = now + measureEvery(this.config.membership);
    this.#directory = new Directory(this.self.hubId, [...config.seeds, ...stored.peers]);
    this.links = openLinks({
      config,
      identity: this.#identity,
      instance: this.#instance,
      newest: options.protocolVersion ?? NEWEST_VERSION,
      random,
      metrics: this.metrics,
      find: (id) => this.find(id),
      groupFor: (hub) => this.groupFor(hub),
      groupOfPeer: (peer) => this.#groupOfPeer(peer),
    });
    this.eventual = openEventual(this, this.#identity.replica, this.#directory.all());
    this.registry = new Registry({
      states: this.eventual,
      replica: this.#identity.replica,
      self: this.self,
      incarnation: this.#identity.incarnation,
      seqCeiling: this.#identity.seqCeiling,
      storedRecords: stored.records,
      storedOutcomes: stored.outcomes,
      config,
      softwareVersion: options.softwareVersion,
      random,
      metrics: this.metrics,
      reserveSeq: (upTo) => this.#identity.reserveSeq(upTo),
    });
    this.groups = openGroups({
      config,
      incarnation: this.#identity.incarnation,
      instance: this.#instance,
      storeFor: (group) => this.registry.storeFor(group),
      raiseIncarnation: (atLeast) => this.#identity.raiseIncarnation(atLeast),
      random,
      metrics: this.metrics,
    });
    this.router = new Router({
      self: this.self,
      catalog: this.registry.catalog,
      config: config.limits,
      metrics: this.metrics,
      random,
    });
    this.tests = new TestMessages({
      self: this.self,
      random,
      limit: MAX_TEST_MESSAGES,
      resendMs: config.gossip.intervalMs,
    });
  }

  get incarnation(): number {
    return this.#identity.incarnation;
  }

  get now(): Millis {
    return this.#now;
  }

  /** Other runs of this hub that were noticed. */
  get clones(): number {
    return this.#clones;
  }

  /** @returns what the runner must do, in this order. See contract.ts. */
  step(event: HubEvent, now: Millis): Effect[] {
    this.#now = Math.max(this.#now, now);
    if (event.kind === "timer" && !this.#wake.accept(event.token)) return [];
    const out = new StepEffects(this.links, this.metrics, this.#now);
    if (this.departure.state === "left") return this.departure.after(this, event, this.#now, out).finish();
    this.#identity.attach(out);
    this.#handle(event, out);
    this.#settle(out);
    if (this.departure.state === "leaving") this.departure.complete(this, this.#now, out);
    else {
      this.#runDue(out);
      this.links.flush(out);
      this.#arm(out);
    }
    this.#identity.attach(null);
    return out.finish();
  }

  /** The group that this hub shares with `hub`. */
  groupFor(hub: HubIdentity): Group | undefined {
    const { parent, hubId } = this.self;
    return this.groups.find(({ role }) =>
      role === "up" ? parent !== null && (hub.hubId === parent || hub.parent === parent) : hub.parent === hubId,
    );
  }

  /** Where a hub is: as its groups say, as it was introduced, or as the catalog says. */
  find(id: HubId): HubIdentity | undefined {
    for (const { membership } of this.groups) {
      const member = membership.member(id);
      if (member) return member.identity;
    }
    return this.#directory.find(id) ?? this.registry.catalog.hub(id);
  }

  // ── Events ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  #handle(event: HubEvent, out: StepEffects): void {
    const now = this.#now;
    switch (event.kind) {
      case "start":
        return this.#start(out);
      case "link-opened":
        return this.links.opened(event.link, event.peer, event.direction, now, out);
      case "link-closed":
        return this.links.closed(event.link, now, this.#news);
      case "dial-failed":
        return this.links.dialFailed(event.peer, event.reason, now, this.#news);
      case "frame":
        return this.links.received(event.link, event.bytes, now, this.#news, out);
      case "timer":
        return;
      case "checked":
        return checked(this, event, now, out);
      case "introduce":
        return this.#introduce(event.hubs, out);
      case "request":
        this.metrics.count("federation_requests_total");
        return out.reply(event.id, answer(this, event.request, now, out));
      default:
        return unreachable(event);
    }
  }

  #start(out: StepEffects): void {
    this.#identity.persist();
    this.registry.start(this.#now, out);
    const known = this.#directory.all();
    for (const group of this.groups) {
      const theirs = known.filter((hub) => this.groupFor(hub) === group);
      group.membership.start(theirs, this.#now, out);
    }
    out.log("info", "hub_started", { incarnation: this.#identity.incarnation, known_hubs: known.length });
  }

  #introduce(hubs: readonly HubIdentity[], out: StepEffects): void {
    for (const hub of hubs) {
      if (hub.hubId === this.self.hubId) continue;
      this.#directory.remember(hub);
      this.groupFor(hub)?.membership.introduce(hub, this.#now, out);
    }
  }

  /**
   * What has come due, by the clock or by this very event: a fresh rumor is due at once, and waiting for a timer would
   * cost each hop a turn of the runner. What falls due again within the step waits for the timer.
   */
  #runDue(out: StepEffects): void {
    const now = this.#now;
    for (const { membership, gossip } of this.groups) {
      if (membership.nextDeadline() <= now) membership.tick(now, out);
      if (gossip.nextDeadline() <= now) gossip.tick(now, out);
    }
    for (const machine of this.#clockwork()) if (machine.nextDeadline() <= now) machine.tick(now, out);
    if (this.#measureLinksAt <= now) this.#measureLinks(out);
    if (this.links.nextDeadline() <= now) this.links.tick(now, this.#news, out);
    this.#settle(out);
    for (const { gossip } of this.groups) if (gossip.nextDeadline() <= now) gossip.tick(now, out);
  }

  // ── What follows from an event ─────────────────────────────────────────────────────────────────────────────────────

  #settle(out: StepEffects): void {
    for (let handled = 0; ; handled++) {
      invariant(handled < MAX_NOTICES_PER_STEP, "a step ends");
      const news = this.#news.shift();
      if (news) {
        this.#hear(news, out);
        continue;
      }
      const notice = out.notices.shift();
      if (notice) {
        this.#heed(notice, out);
        continue;
      }
      // A frame of many records is one change of the catalog.
      if (this.#catalogStale) {
        this.#catalogStale = false;
        this.registry.rumorsApplied(this.#now, out);
        continue;
      }
      if (!this.#overlayStale) return;
      this.#overlayStale = false;
      this.#reweave(out);
    }
  }

  #hear(news: LinkNews, out: StepEffects): void {
    const now = this.#now;
    switch (news.kind) {
      case "up": {
        this.#directory.remember(news.hub);
        const group = this.groupFor(news.hub);
        group?.membership.linkOpened(news.hub, news.incarnation, news.instance, now, out);
        group?.gossip.peerUp({ hubId: news.hub.hubId, region: news.hub.region, rttMs: null }, now, out);
        if (!group) return;
        this.#groupOfLink.set(news.hub.hubId, group);
        return this.tests.peerUp(news.hub.hubId);
      }
      case "down": {
        const group = this.#groupOfPeer(news.peer);
        this.#groupOfLink.delete(news.peer);
        group?.gossip.peerDown(news.peer, now, out);
        this.tests.peerDown(news.peer, now);
        group?.membership.linkClosed(news.peer, news.expected, now, out);
        return;
      }
      case "dial-failed": {
        const group = this.#groupOfPeer(news.peer);
        if (group) group.membership.dialFailed(news.peer, news.reason, now, out);
        else this.registry.visited(news.peer, false, now, out);
        return;
      }
      case "refused":
        return this.#groupOfPeer(news.peer)?.membership.linkRefused(news.peer, now);
      case "answered": {
        const group = this.groupFor(news.hub);
        if (group) group.membership.heard(news.hub.hubId, now);
        else this.registry.visited(news.hub.hubId, true, now, out);
        return;
      }
      case "message":
        return deliver(this, this.#groupOfPeer(news.from), news, now, out);
      default:
        return unreachable(news);
    }
  }

  #heed(notice: Notice, out: StepEffects): void {
    const now = this.#now;
    switch (notice.kind) {
      case "member-changed":
        this.#overlayStale = true;
        return this.registry.memberChanged(notice, now, out);
      case "clone-detected":
        this.#clones += 1;
        this.metrics.count("federation_clones_detected_total");
        return;
      case "rumor-applied":
        return this.#relay(notice, out);
      default:
        return unreachable(notice);
    }
  }

  /** A rumor goes on in every group but the one it came from, whose gossip has passed it on already. */
  #relay({ rumor, from, hops }: Extract<Notice, { kind: "rumor-applied" }>, out: StepEffects): void {
    const now = this.#now;
    if (from !== null) this.#catalogStale = true;
    if (rumor.body.kind === "test") this.tests.applied(rumor, from, hops, now, out);
    const cameBy = from === null ? undefined : this.#groupOfPeer(from);
    for (const group of this.groups) {
      if (group === cameBy) continue;
      // The group's own view of the store: foreign records go down in routing form.
      const scoped = this.registry.storeFor(group.id).get(rumor.origin, rumor.seq);
      if (scoped) group.gossip.publish(scoped, hops, null, now, out);
    }
  }

  #reweave(out: StepEffects): void {
    if (this.departure.state === "leaving") return;
    this.links.want(wantedLinks(this.groups, this.config.network.maxConnections), this.#now);
    this.links.tick(this.#now, this.#news, out);
  }

  // ── Links, identity, timers ────────────────────────────────────────────────────────────────────────────────────────

  #measureLinks(out: StepEffects): void {
    const { membership } = this.config;
    const since = cutOffSince(this.groups, membership, this.#now);
    // Late, this hub was not listening: what has come meanwhile is still to be read.
    if (this.#now - this.#measureLinksAt <= LATE_LOOK_MS) this.registry.setCutOff(since, this.#now, out);
    // That it hears again is news at once.
    this.#measureLinksAt = this.#now + (since === null ? measureEvery(membership) : membership.probeIntervalMs);
    const measured = this.#linkLoad.measure(
      this.links.greeted(),
      this.config.gossip.maxInFlightBytes,
      (peer) => this.#groupOfPeer(peer)?.membership.linkQuality(peer),
      this.#now,
    );
    for (const { peer, rttMs } of measured) {
      const hub = this.find(peer);
      if (hub) this.groupFor(hub)?.gossip.peerUpdated({ hubId: peer, region: hub.region, rttMs });
    }
    this.registry.setLinks(measured, this.#now, out);
  }

  #arm(out: StepEffects): void {
    const grouped = this.groups.flatMap(({ membership, gossip }) => [membership, gossip]);
    const deadlines = [this.links, ...this.#clockwork(), ...grouped].map((machine) => machine.nextDeadline());
    this.#wake.arm(Math.min(this.#measureLinksAt, ...deadlines), out);
  }

  /** Those that are the hub's alone, in the order in which they look at the time. */
  #clockwork() {
    return [this.registry, this.eventual, this.tests, this.router.soundings];
  }

  #groupOfPeer(peer: HubId): Group | undefined {
    const linked = this.#groupOfLink.get(peer);
    if (linked) return linked;
    const hub = this.find(peer);
    return hub && this.groupFor(hub);
  }
}
