/**
 * The failure detector (SWIM §4.3). Each hub watches its successor in the first ring, which it probes when it has heard
 * nothing for an interval; and every other interval it probes the neighbour unheard for longest. Who does not answer is
 * asked again, then asked through others, then accused. Any frame is as good as an answer.
 */
import type { Outbox } from "../common/outbox.ts";
import type { DurationMs, HubId, Millis } from "../common/types.ts";
import { isLive } from "./member.ts";
import { MAX_MEMBERS } from "./roster.ts";
import { type Accuse, passengers, type Shared } from "./shared.ts";

export const MAX_CHECKS = 64;
const MAX_PINGS = 256;
/** A check's attempts have to fit in here, whatever the round trip. */
const CHECK_BUDGET_MS: DurationMs = 1_200;
const MOST_ATTEMPTS = 4;
const ROTATION_INTERVALS = 2;
const CONFIRMING_ATTEMPTS = 2;
/** A link that the other end always asks first is still probed this often from here, for its round trip. */
const RTT_STALE_MS: DurationMs = 20_000;
const RTT_STALE_INTERVALS = 10;
/** A dial and its hello, or the way through a helper. */
const UNLINKED_TIMEOUT_MS: DurationMs = 500;
/** A wanted neighbour without a link is the links' business for this long. */
const UNLINKED_GRACE_MS: DurationMs = 2_000;
/** So long after a refusal the peer is left to those that it has links with; the links ask it again meanwhile. */
const REFUSAL_HOLDS_MS: DurationMs = 600_000;
/** A longer way than this is not the network's. */
const RTT_IGNORED_MS: DurationMs = 2_000;

interface Check {
  /** A routine probe or a lost link, against a juror's own look: the former goes through helpers too. */
  readonly thorough: boolean;
  /** When the first answer was due: since when the target is known to be silent. */
  since: Millis;
  attempts: number;
  readonly limit: number;
  nextAt: Millis;
  /** Helpers that came back to us, with good news or bad. */
  reported: number;
}

export class Detector {
  readonly #shared: Shared;
  readonly #accuse: Accuse;
  readonly #checks = new Map<HubId, Check>();
  /** Questions out, by sequence number; the oldest is given up when there are too many. */
  readonly #pings = new Map<number, { readonly target: HubId; readonly sentAt: Millis; readonly indirect: boolean }>();
  /** Neighbours that have no link to spare for this hub, and when they said so. */
  readonly #refused = new Map<HubId, Millis>();
  #seq = 0;
  #nextProbeAt: Millis = Number.POSITIVE_INFINITY;
  #watched: { readonly version: number; readonly id: HubId | undefined } = { version: -1, id: undefined };
  #heardAnyoneAt: Millis = Number.NEGATIVE_INFINITY;

  constructor(shared: Shared, accuse: Accuse) {
    this.#shared = shared;
    this.#accuse = accuse;
  }

  get checks(): number {
    return this.#checks.size;
  }

  nextDeadline(): Millis {
    let next = Math.min(this.#nextProbeAt, this.#watchAt());
    for (const check of this.#checks.values()) next = Math.min(next, check.nextAt);
    return next;
  }

  tick(now: Millis, out: Outbox): void {
    for (const [target, check] of this.#checks) if (check.nextAt <= now) this.#advance(target, check, now, out);
    if (now >= this.#watchAt() && this.#watched.id !== undefined) this.check(this.#watched.id, true, now, out);
    if (now >= this.#nextProbeAt) {
      this.#probe(now, out);
      this.#nextProbeAt = this.#afterInterval(now, ROTATION_INTERVALS);
    }
    this.schedule(now);
  }

  /** Probing goes on while there is anyone to probe. */
  schedule(now: Millis): void {
    const idle = this.#shared.roster.live <= 1;
    if (idle) this.#nextProbeAt = Number.POSITIVE_INFINITY;
    else if (this.#nextProbeAt === Number.POSITIVE_INFINITY)
      this.#nextProbeAt = this.#afterInterval(now, ROTATION_INTERVALS);
  }

  /** A frame from the peer, or word of it. */
  heard(peer: HubId, now: Millis): void {
    this.#heardAnyoneAt = now;
    this.#shared.roster.heard(peer, now);
    this.#checks.delete(peer);
  }

  answered(from: HubId, seq: number, now: Millis): void {
    const ping = this.#pings.get(seq);
    if (!ping || ping.indirect || ping.target !== from) return;
    this.#pings.delete(seq);
    const { awareness, links, roster, vivaldi, options } = this.#shared;
    awareness.apply(-1);
    options.metrics.count("membership_probes_total", 1, { result: "answered" });
    const rtt = now - ping.sentAt;
    const link = links.get(from);
    if (!link || rtt > RTT_IGNORED_MS) return;
    const median = link.quality.answered(rtt, now);
    const coordinate = roster.get(from)?.coordinate;
    if (coordinate) vivaldi.observe(coordinate, median);
  }

  /** A helper's report on a target. */
  relayed(seq: number, heard: boolean, now: Millis): void {
    const ping = this.#pings.get(seq);
    if (!ping?.indirect) return;
    const check = this.#checks.get(ping.target);
    if (check) check.reported += 1;
    if (heard) this.heard(ping.target, now);
  }

  /** Looks at `target` now: by its link when there is one, else through others, dialling at the same time. */
  check(target: HubId, thorough: boolean, now: Millis, out: Outbox): void {
    if (!this.#canCheck(target)) return;
    const affordable = Math.floor(CHECK_BUDGET_MS / this.#timeout(target));
    const limit = thorough ? Math.min(MOST_ATTEMPTS, Math.max(CONFIRMING_ATTEMPTS, affordable)) : CONFIRMING_ATTEMPTS;
    const since = now + (this.#shared.links.get(target)?.quality.rttMs ?? 0);
    const check: Check = { thorough, since, attempts: 0, limit, nextAt: now, reported: 0 };
    this.#checks.set(target, check);
    this.#advance(target, check, now, out);
  }

  /** A redial failed as it does when nobody is there. */
  unreachable(target: HubId, now: Millis, out: Outbox): void {
    const since = this.#checks.get(target)?.since ?? now;
    this.#accuse(target, "closed", since, now, out);
  }

  drop(target: HubId): void {
    this.#checks.delete(target);
  }

  refused(peer: HubId, now: Millis): void {
    if (this.#refused.size >= MAX_MEMBERS) this.#refused.clear();
    this.#refused.set(peer, now);
  }

  /** After a pause: what was asked before it proves nothing. */
  reset(now: Millis): void {
    this.#checks.clear();
    this.#pings.clear();
    if (this.#nextProbeAt !== Number.POSITIVE_INFINITY) this.#nextProbeAt = now;
  }

  #probe(now: Millis, out: Outbox): void {
    const target = this.#longestUnmeasured(now) ?? this.#longestUnheard(now);
    if (target !== undefined) this.check(target, true, now, out);
  }

  /** Nobody, when all were heard within the interval: liveness rides on traffic. */
  #longestUnheard(now: Millis): HubId | undefined {
    const { links, roster, selfId, options } = this.#shared;
    let chosen: HubId | undefined;
    let oldest = now - options.config.probeIntervalMs;
    for (const id of new Set([...links.keys(), ...roster.overlay.neighboursOf(selfId)])) {
      const member = roster.get(id);
      if (!member || !isLive(member.state) || member.state === "suspect" || this.#checks.has(id)) continue;
      if (!links.has(id) && (now - member.lastHeardAt < UNLINKED_GRACE_MS || this.#hasRefused(id, now))) continue;
      if (member.lastHeardAt < oldest || (chosen === undefined && member.lastHeardAt === oldest)) {
        oldest = member.lastHeardAt;
        chosen = id;
      }
    }
    return chosen;
  }

  #hasRefused(id: HubId, now: Millis): boolean {
    const at = this.#refused.get(id);
    if (at === undefined || now - at < REFUSAL_HOLDS_MS) return at !== undefined;
    this.#refused.delete(id);
    return false;
  }

  #longestUnmeasured(now: Millis): HubId | undefined {
    let chosen: HubId | undefined;
    let oldest = now - Math.max(RTT_STALE_MS, RTT_STALE_INTERVALS * this.#shared.options.config.probeIntervalMs);
    for (const [id, link] of this.#shared.links) {
      if (link.quality.sampledAt >= oldest || this.#checks.has(id)) continue;
      oldest = link.quality.sampledAt;
      chosen = id;
    }
    return chosen;
  }

  #advance(target: HubId, check: Check, now: Millis, out: Outbox): void {
    const member = this.#shared.roster.get(target);
    if (!member || !isLive(member.state)) {
      this.#checks.delete(target);
      return;
    }
    const link = this.#shared.links.get(target);
    const linked = link !== undefined && out.connected(target);
    if (check.attempts > 0) link?.quality.lost();
    if (check.attempts >= check.limit) return this.#conclude(target, check, now, out);
    if (linked) this.#ping(target, now, out);
    else out.dial(target);
    const helpersFrom = check.thorough ? Math.max(1, check.limit - 2) : Number.POSITIVE_INFINITY;
    if (!linked || check.attempts >= helpersFrom) this.#askHelpers(target, now, out);
    check.attempts += 1;
    check.nextAt = now + this.#timeout(target);
  }

  #conclude(target: HubId, check: Check, now: Millis, out: Outbox): void {
    const { awareness, options } = this.#shared;
    options.metrics.count("membership_probes_total", 1, { result: "unanswered" });
    // Lifeguard's missing nacks: when neither a helper nor anyone else was heard, the deaf one is probably here.
    if (check.reported === 0 && this.#heardAnyoneAt < check.since) awareness.apply(1);
    const { since } = check;
    // A suspect goes on being asked, at a probe's pace: it may yet answer, and must hear what is said of it.
    check.attempts = 0;
    check.nextAt = this.#afterInterval(now, 1);
    this.#accuse(target, "silence", since, now, out);
  }

  #ping(target: HubId, now: Millis, out: Outbox): void {
    const seq = this.#ask(target, false, now);
    out.send(target, { kind: "ping", seq, ...passengers(this.#shared, target, now) });
  }

  /** Helpers near the target in the overlay are likely to have a link with it. */
  #askHelpers(target: HubId, now: Millis, out: Outbox): void {
    const { links, roster, options } = this.#shared;
    const near = new Set(roster.overlay.neighboursOf(target));
    const well = [...links.keys()].filter((id) => {
      const state = roster.get(id)?.state;
      return id !== target && (state === "alive" || state === "joining");
    });
    const shuffled = options.random.shuffle(well);
    const ranked = [...shuffled.filter((id) => near.has(id)), ...shuffled.filter((id) => !near.has(id))];
    for (const helper of ranked.slice(0, options.config.indirectProbes)) {
      const seq = this.#ask(target, true, now);
      out.send(helper, { kind: "ping-request", seq, target });
    }
  }

  #ask(target: HubId, indirect: boolean, now: Millis): number {
    this.#seq += 1;
    if (this.#pings.size >= MAX_PINGS) {
      const [oldest] = this.#pings.keys();
      if (oldest !== undefined) this.#pings.delete(oldest);
    }
    this.#pings.set(this.#seq, { target, sentAt: now, indirect });
    return this.#seq;
  }

  #timeout(target: HubId): DurationMs {
    const { links, awareness, options } = this.#shared;
    const { probeTimeoutMs } = options.config;
    const timeout =
      links.get(target)?.quality.timeoutMs(probeTimeoutMs) ?? Math.min(UNLINKED_TIMEOUT_MS, probeTimeoutMs);
    return timeout * awareness.multiplier;
  }

  #afterInterval(now: Millis, intervals: number): Millis {
    const { options, awareness } = this.#shared;
    return now + intervals * options.random.jitter(options.config.probeIntervalMs, 0.05) * awareness.multiplier;
  }

  #canCheck(target: HubId): boolean {
    return !this.#checks.has(target) && this.#checks.size < MAX_CHECKS;
  }

  /** When the watched successor has been silent for an interval; without a link to it, the rotation sees to it. */
  #watchAt(): Millis {
    const { roster, links, selfId, awareness, options } = this.#shared;
    if (this.#watched.version !== roster.version) {
      this.#watched = { version: roster.version, id: roster.overlay.successorOf(selfId) };
    }
    const { id } = this.#watched;
    const member = id === undefined ? undefined : roster.get(id);
    if (id === undefined || !member || member.state === "suspect" || !links.has(id) || !this.#canCheck(id)) {
      return Number.POSITIVE_INFINITY;
    }
    return member.lastHeardAt + options.config.probeIntervalMs * awareness.multiplier;
  }
}
