/**
 * The machines of one hub, composed. Events go in, effects come out, nothing else happens.
 * See contract.ts for what the runner owes the hub, and README.md for the map.
 */
import { Metrics } from "../common/metrics.ts";
import type { Notice } from "../common/outbox.ts";
import { Random } from "../common/random.ts";
import { type HubId, type HubIdentity, invariant, type Millis, unreachable } from "../common/types.ts";
import { ownConfig } from "../config/hot-settings.ts";
import type { HubConfig } from "../config/hub-config.ts";
import { Coordination } from "../coordination/index.ts";
import { TestMessages } from "../gossip/index.ts";
import { Registry } from "../registry/index.ts";
import { Router } from "../routing/index.ts";
import { NEWEST_VERSION } from "../wire/versions.ts";
import { Agreement } from "./agreement.ts";
import { answer } from "./answer.ts";
import { CatchUp } from "./catch-up.ts";
import { checked } from "./checked.ts";
import type { Effect, HubEvent, StoredState } from "./contract.ts";
import { Decisions } from "./decisions/decisions.ts";
import { followDecisions } from "./decisions/enforce.ts";
import { Departure } from "./departure.ts";
import { Directory } from "./directory.ts";
import { StepEffects } from "./effects.ts";
import { type EventualState, openEventual } from "./eventual.ts";
import { type Group, type GroupParts, openGroups, wantedLinks } from "./group.ts";
import { hear } from "./hear.ts";
import { Identity } from "./identity.ts";
import { LinkLook } from "./link-look.ts";
import { openLinks } from "./link-setup.ts";
import type { LinkNews } from "./link-surroundings.ts";
import type { Links } from "./links.ts";
import { Meeting } from "./meeting.ts";
import { passOn } from "./pass-on.ts";
import { StandingIn } from "./standing-in.ts";
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

export class Hub {
  readonly self: HubIdentity;
  readonly config: HubConfig;
  readonly softwareVersion: string;
  readonly metrics = new Metrics();
  readonly meeting: Meeting;
  readonly coordination: Coordination;
  readonly standingIn: StandingIn;
  readonly eventual: EventualState;
  readonly registry: Registry;
  readonly router: Router;
  readonly tests: TestMessages;
  readonly agreement: Agreement;
  readonly decisions: Decisions;
  readonly links: Links;
  readonly catchUp = new CatchUp();
  readonly departure = new Departure();
  readonly startedAt: Millis;

  readonly #instance: number;
  readonly #linkLook: LinkLook;
  readonly #directory: Directory;
  readonly #identity: Identity;
  readonly #wake = new Wake();
  #now: Millis;
  #news: LinkNews[] = [];
  #overlayStale = true;
  #catalogStale = false;
  #clones = 0;

  constructor(options: HubOptions, now: Millis) {
    const { stored } = options;
    const config = ownConfig(options.config);
    const random = new Random(options.seed);
    this.self = config.hub;
    this.config = config;
    this.softwareVersion = options.softwareVersion;
    this.startedAt = now;
    this.#now = now;
    this.#instance = random.uint32();
    this.#identity = new Identity(stored.identity, random, now);
    this.#linkLook = new LinkLook(config, now);
    this.#directory = new Directory(this.self.hubId, [...config.seeds, ...config.above, ...stored.peers]);
    this.meeting = new Meeting({
      directory: this.#directory,
      catalog: () => this.registry.catalog,
      isRemoved: ({ region }) => region !== this.self.region && this.decisions.removed.has(region),
    });
    this.coordination = new Coordination(this.self);
    this.links = openLinks({
      config,
      identity: this.#identity,
      instance: this.#instance,
      newest: options.protocolVersion ?? NEWEST_VERSION,
      random,
      metrics: this.metrics,
      meeting: this.meeting,
      standingIn: () => this.standingIn,
    });
    this.eventual = openEventual(this, this.#identity.replica, this.#directory.all());
    this.registry = new Registry({
      states: this.eventual,
      replica: this.#identity.replica,
      self: this.self,
      incarnation: this.#identity.incarnation,
      seqCeiling: this.#identity.seqCeiling,
      firstStartedAt: this.#identity.firstStartedAt,
      storedRecords: stored.records,
      storedOutcomes: stored.outcomes,
      config,
      softwareVersion: options.softwareVersion,
      random,
      metrics: this.metrics,
      reserveSeq: (upTo) => this.#identity.reserveSeq(upTo),
    });
    const parts: GroupParts = {
      config,
      incarnation: () => this.#identity.incarnation,
      instance: this.#instance,
      storeFor: (group) => this.registry.storeFor(group),
      raiseIncarnation: (atLeast) => this.#identity.raiseIncarnation(atLeast),
      random,
      metrics: this.metrics,
    };
    this.meeting.groups = openGroups(parts);
    this.standingIn = new StandingIn(parts);
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
    this.decisions = new Decisions({ config, file: options.config, registry: () => this.registry });
    this.agreement = new Agreement({
      judge: (key, value) => this.decisions.judge(key, value),
      refuse: (key) => this.decisions.unknown(key),
      isRemoved: (region) => this.decisions.removed.has(region),
      config,
      stored,
      identity: this.#identity,
      groups: () => this.groups,
      registry: this.registry,
      coordination: this.coordination,
      random,
      metrics: this.metrics,
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

  get groups(): readonly Group[] {
    return this.meeting.groups;
  }

  setGroups(groups: readonly Group[]): void {
    this.meeting.groups = groups;
    this.#overlayStale = true;
  }

  partFrom(which: (hub: HubIdentity) => boolean, out: StepEffects): void {
    const peers = this.links.greeted().flatMap(({ peer }) => {
      const hub = this.find(peer);
      return hub && which(hub) ? [peer] : [];
    });
    if (peers.length > 0) this.links.part(new Set(peers), this.#now, this.#news, out);
  }

  /** Says goodbye to everyone of a group that this hub is in no more. */
  part(group: Group, out: StepEffects): void {
    this.links.part(this.meeting.linkedIn(group), this.#now, this.#news, out);
  }

  groupFor(hub: HubIdentity): Group | undefined {
    return this.meeting.groupFor(hub);
  }

  find(id: HubId): HubIdentity | undefined {
    return this.meeting.find(id);
  }

  remember(hub: HubIdentity): void {
    this.#directory.remember(hub);
  }

  /** Every hub whose address this one knows, in id order. */
  known(): HubIdentity[] {
    const hubs = new Map([...this.registry.catalog.hubs(), ...this.#directory.all()].map((hub) => [hub.hubId, hub]));
    hubs.delete(this.self.hubId);
    return [...hubs.values()].sort((a, b) => (a.hubId < b.hubId ? -1 : 1));
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
      case "requests":
        return answer(this, event.asked, now, out);
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
    this.agreement.start(this.#now, out);
    if (this.registry.draining) this.agreement.setDraining(true, this.#now, out);
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
    for (const machine of this.#machines()) if (machine.nextDeadline() <= now) machine.tick(now, out);
    if (this.#linkLook.nextDeadline() <= now) this.#linkLook.tick(this, now, out);
    this.standingIn.tick(this, now, out);
    followDecisions(this, now, out);
    this.#settle(out);
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
        hear(this, news, this.#now, out);
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
        this.agreement.catalogChanged(this.#now, out);
        continue;
      }
      if (!this.#overlayStale) return;
      this.#overlayStale = false;
      this.#reweave(out);
    }
  }

  #heed(notice: Notice, out: StepEffects): void {
    const now = this.#now;
    switch (notice.kind) {
      case "member-changed":
        this.#overlayStale = true;
        if (this.departure.state === "running")
          this.agreement.judged(notice.group, notice.hub.hubId, notice.to === "alive", now, out);
        return this.registry.memberChanged(notice, now, out);
      case "coordinator-changed":
        return this.standingIn.review(this, now, out);
      case "draining-changed":
        return this.agreement.setDraining(notice.draining, now, out);
      case "clone-detected":
        this.#clones += 1;
        this.metrics.count("federation_clones_detected_total");
        return;
      case "rumor-applied":
        if (notice.from !== null) this.#catalogStale = true;
        return passOn(this, notice, now, out);
      default:
        return unreachable(notice);
    }
  }

  #reweave(out: StepEffects): void {
    if (this.departure.state === "leaving") return;
    this.links.want(wantedLinks(this.groups, this.config.network.maxConnections), this.#now);
    this.links.tick(this.#now, this.#news, out);
  }

  // ── Links, identity, timers ────────────────────────────────────────────────────────────────────────────────────────

  #arm(out: StepEffects): void {
    let next = Math.min(
      this.links.nextDeadline(),
      this.standingIn.nextDeadline(this, this.#now),
      this.#linkLook.nextDeadline(),
    );
    for (const machine of this.#machines()) next = Math.min(next, machine.nextDeadline());
    for (const { membership, gossip } of this.groups) {
      next = Math.min(next, membership.nextDeadline(), gossip.nextDeadline());
    }
    this.#wake.arm(next, out);
  }

  /** Those that are not a group's, in the order of their turns. */
  #machines() {
    return [this.registry, this.eventual, this.tests, this.router.soundings, this.agreement];
  }
}
