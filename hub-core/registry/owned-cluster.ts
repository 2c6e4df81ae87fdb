/** One cluster that this hub answers for: what it reports, what is known of its health, and what the others are told. */

import type { CheckOutcome } from "../common/outbox.ts";
import type { Random } from "../common/random.ts";
import type { DurationMs, Millis } from "../common/types.ts";
import type { RegistryConfig } from "../config/hub-config.ts";
import type { ClusterRecord, ClusterState, OfferedService, Priority } from "../wire/catalog.ts";
import { ClusterHealth, isWorse, type Verdict, type Wellness } from "./cluster-health.ts";
import { FlapDamper } from "./flap-damper.ts";
import { hasSameEnds, isRttNews } from "./round-trip.ts";

export interface HeartbeatReport {
  readonly load?: number | undefined;
  readonly inFlight?: number | undefined;
  readonly services?:
    | Readonly<Record<string, { readonly load?: number | undefined; readonly healthy?: boolean | undefined }>>
    | undefined;
}

export interface Announcement {
  readonly record: ClusterRecord;
  readonly priority: Priority;
  readonly durable: boolean;
}

interface Maintenance {
  readonly startsAt: Millis;
  readonly endsAt: Millis;
}

/** Loads this far apart are told at once, nearer ones when the last word is this old. */
const LOAD_STEP = 0.1;
const LOAD_REFRESH_MS = 30_000;
/** After an answer that may settle the state, the next check comes this soon; after a refused one, at once. */
const RECHECK_MS = 1_000;
const RECHECK_REFUSED_MS = 250;
const CHECK_JITTER = 0.1;
/** The runner reports time-outs; one that is lost itself is assumed after this. */
const CHECK_GRACE_MS = 5_000;
/** A time-out that is reported this late was waited for by a busy hub: the answer may lie unread. */
const LATE_REPORT_MS = 250;
/** In a row: a hub that is always late must not take the dead for living. */
const MAX_EXCUSED = 3;

export class OwnedCluster {
  /** As the others know it. */
  record: ClusterRecord;
  readonly #config: RegistryConfig;
  readonly #random: Random;
  readonly #damper: FlapDamper;
  #health: ClusterHealth;
  #load: number;
  #inFlight: number;
  #services: readonly OfferedService[];
  #draining: boolean;
  #maintenance: Maintenance | null;
  #directedAt: Millis;
  #heartbeatBy: Millis = Number.POSITIVE_INFINITY;
  #heardAt: Millis;
  #criticalSince: Millis | null = null;
  #verified: boolean;
  #nextCheckAt: Millis = Number.POSITIVE_INFINITY;
  #check: { readonly token: number; readonly startedAt: Millis; readonly giveUpAt: Millis } | null = null;
  #excused = 0;
  #heldUntil: Millis = Number.POSITIVE_INFINITY;
  #toldAt: Millis;
  #rttToldAt: Millis = Number.NEGATIVE_INFINITY;
  #storedAt: Millis;

  /** `checkWithinMs`: the first check is spread over this, so that a hub with a hundred clusters does not burst. */
  constructor(record: ClusterRecord, config: RegistryConfig, random: Random, now: Millis, checkWithinMs: DurationMs) {
    this.record = record;
    this.#config = config;
    this.#random = random;
    this.#damper = new FlapDamper(config.flapWindowMs, now);
    this.#health = new ClusterHealth(config, record);
    this.#verified = record.verified;
    this.#load = record.load;
    this.#inFlight = record.inFlight;
    this.#services = record.services;
    // Of the version before nothing but the state says so.
    this.#draining = record.draining || record.state === "draining";
    this.#maintenance = record.maintenance;
    this.#directedAt = record.directedAt;
    this.#heardAt = now;
    this.#toldAt = now;
    this.#storedAt = now;
    this.#expectHeartbeat(now);
    if (record.healthCheck) this.#nextCheckAt = now + Math.floor(random.float() * checkWithinMs);
  }

  get checkUrl(): string | null {
    return this.record.healthCheck?.url ?? null;
  }

  get checkTimeoutMs(): DurationMs {
    return this.record.healthCheck?.timeoutMs ?? this.#config.healthCheckTimeoutMs;
  }

  get checkInFlight(): boolean {
    return this.#check !== null;
  }

  /** When the next check may go out; Infinity while one is under way, or without checks. */
  get checkDueAt(): Millis {
    return this.#check ? Number.POSITIVE_INFINITY : this.#nextCheckAt;
  }

  /** The cluster's owner said it anew: its own words replace the old ones, its health is kept. */
  replace(record: ClusterRecord, now: Millis): void {
    const checkedElsewhere = record.healthCheck?.url !== this.record.healthCheck?.url;
    const moved = !hasSameEnds(record, this.record);
    this.record = moved ? { ...record, checkRttMs: null } : record;
    this.#directedAt = record.directedAt;
    this.#verified = true;
    this.#services = record.services;
    if (checkedElsewhere) this.#health = new ClusterHealth(this.#config, this.record);
    else if (moved) this.#health.moved();
    if (moved) this.#check = null;
    this.#nextCheckAt = record.healthCheck ? now : Number.POSITIVE_INFINITY;
    this.#heardAt = now;
    this.#health.heartbeat();
    this.#expectHeartbeat(now);
  }

  heartbeat(report: HeartbeatReport, now: Millis): void {
    this.#heardAt = now;
    this.#verified = true;
    this.#load = report.load ?? this.#load;
    this.#inFlight = report.inFlight ?? this.#inFlight;
    const { services } = report;
    if (services) {
      this.#services = this.#services.map((service) => {
        const said = Object.hasOwn(services, service.name) ? services[service.name] : undefined;
        if (!said) return service;
        return { ...service, load: said.load ?? service.load, healthy: said.healthy ?? service.healthy };
      });
    }
    this.#health.heartbeat();
    this.#expectHeartbeat(now);
  }

  setDraining(draining: boolean, directedAt: Millis): void {
    this.#draining = draining;
    this.#directedAt = directedAt;
  }

  setMaintenance(maintenance: Maintenance | null, directedAt: Millis): void {
    this.#maintenance = maintenance;
    this.#directedAt = directedAt;
  }

  /** What it was asked holds on under this incarnation. */
  reclaim(incarnation: number, now: Millis): Announcement {
    this.record = { ...this.record, incarnation };
    return { ...this.current(now), priority: "urgent" };
  }

  checkStarted(token: number, now: Millis): void {
    this.#check = { token, startedAt: now, giveUpAt: now + this.checkTimeoutMs + CHECK_GRACE_MS };
  }

  /** False for an answer to a check that is over. `hubLateAt`: when this hub last ran later than it should have. */
  checked(token: number, outcome: CheckOutcome, now: Millis, hubLateAt: Millis): boolean {
    const check = this.#check;
    if (check?.token !== token) return false;
    this.#check = null;
    const { healthCheck } = this.record;
    if (!healthCheck) return false;
    const reportedLate = now < check.giveUpAt && now - check.startedAt - this.checkTimeoutMs > LATE_REPORT_MS;
    const excused = (hubLateAt >= check.startedAt || reportedLate) && this.#excused < MAX_EXCUSED;
    this.#excused = excused && outcome.kind === "timeout" ? this.#excused + 1 : 0;
    if (this.#excused > 0) {
      this.#nextCheckAt = now + Math.min(RECHECK_MS, healthCheck.intervalMs);
      return true;
    }
    this.#health.checked(outcome, this.checkTimeoutMs, excused);
    // One bad answer leaves the state as it was told; it takes a good one, or a settled state, to stand by it.
    this.#verified ||= outcome.kind === "answered" || !this.#health.undecided;
    if (outcome.kind === "answered") this.#heardAt = now;
    const soon = outcome.kind === "refused" ? RECHECK_REFUSED_MS : RECHECK_MS;
    const wait = this.#health.undecided ? Math.min(soon, healthCheck.intervalMs) : healthCheck.intervalMs;
    this.#nextCheckAt = now + Math.max(1, Math.round(this.#random.jitter(wait, CHECK_JITTER)));
    return true;
  }

  /** Whether it has been critical and unheard of for so long that it is gone. */
  isAbandoned(now: Millis): boolean {
    return now >= this.#abandonedAt();
  }

  /** What to tell the others, if anything. */
  settle(now: Millis, hubLateAt: Millis): Announcement | null {
    this.#passTime(now, hubLateAt);
    const verdict = this.#health.verdict(this.#load, this.#services);
    if (verdict.state !== "critical") this.#criticalSince = null;
    else this.#criticalSince ??= now;
    const shown = this.#show(verdict, now);
    if (shown) return this.#announce(shown, now, "urgent");
    if (this.#verified !== this.record.verified) return this.#announce(this.record, now, "urgent");
    const loads = { load: this.#load, inFlight: this.#inFlight, checkRttMs: this.#rttToTell(now) };
    const services = this.record.services.map((service, i) => ({ ...service, load: this.#services[i]?.load ?? 0 }));
    const next = { ...this.record, ...loads, services };
    return this.#loadsMoved(next, now) ? this.#announce(next, now, "bulk") : null;
  }

  /** As it is now, whoever asks. */
  current(now: Millis): Announcement {
    const services = this.record.services.map((service, i) => ({ ...service, load: this.#services[i]?.load ?? 0 }));
    return this.#announce({ ...this.record, load: this.#load, inFlight: this.#inFlight, services }, now, "normal");
  }

  /** The next moment at which `settle` or a lost check may matter; checks themselves are the collection's. */
  wakeAt(): Millis {
    const { startsAt, endsAt } = this.#maintenance ?? NEVER;
    const inMaintenance = this.record.state === "maintenance";
    return Math.min(
      this.#health.heartbeatIsMissed ? Number.POSITIVE_INFINITY : this.#heartbeatBy,
      this.#check?.giveUpAt ?? Number.POSITIVE_INFINITY,
      inMaintenance ? endsAt : startsAt,
      this.#heldUntil,
      this.#untoldLoads() ? this.#toldAt + LOAD_REFRESH_MS : Number.POSITIVE_INFINITY,
      this.#abandonedAt(),
    );
  }

  #passTime(now: Millis, hubLateAt: Millis): void {
    if (now >= this.#heartbeatBy && !this.#health.heartbeatIsMissed) {
      this.#health.missed(`no heartbeat for ${this.record.ttlMs} ms`);
    }
    if (this.#check && now >= this.#check.giveUpAt) {
      this.checked(this.#check.token, { kind: "timeout" }, now, hubLateAt);
    }
    if (this.#maintenance && now >= this.#maintenance.endsAt) this.#maintenance = null;
  }

  /** The record with the state and services as the others may be shown them, or null when they know already. */
  #show(verdict: Verdict, now: Millis): ClusterRecord | null {
    const wanted = this.#wanted(verdict, now);
    const old = this.record;
    const mayImprove = this.#damper.mayImprove(now);
    let held = false;
    let damped = false;
    const services = old.services.map((service, i) => {
      const healthy = this.#services[i]?.healthy ?? true;
      if (healthy === service.healthy) return service;
      if (healthy && !mayImprove) held = true;
      else damped = true;
      return { ...service, healthy: healthy && mayImprove };
    });
    let { state } = old;
    if (wanted.state !== old.state) {
      const byHealth = isWellness(wanted.state) && isWellness(old.state);
      if (!byHealth) state = wanted.state;
      else if (isWorse(wanted.state, old.state) || mayImprove) {
        state = wanted.state;
        damped = true;
      } else held = true;
    }
    this.#heldUntil = held ? this.#damper.improvesAt(now) : Number.POSITIVE_INFINITY;
    if (damped) this.#damper.spend(now);
    const maintenance = this.#maintenance;
    const directed = this.#directedAt !== old.directedAt || !sameWindow(maintenance, old.maintenance);
    if (state === old.state && !damped && !directed) return null;
    const changed = state === old.state ? null : { state, reason: wanted.reason, stateSince: now };
    const returns = changed && carries(state) && !carries(old.state);
    const rampUntil = returns ? { rampUntil: now + this.#config.rampUpMs } : null;
    return { ...old, services, maintenance, ...changed, ...rampUntil };
  }

  #wanted(verdict: Verdict, now: Millis): { readonly state: ClusterState; readonly reason: string } {
    const maintenance = this.#maintenance;
    if (maintenance && maintenance.startsAt <= now) return { state: "maintenance", reason: "maintenance by plan" };
    if (this.#draining) return { state: "draining", reason: "drained by request" };
    return verdict;
  }

  #announce(record: ClusterRecord, now: Millis, priority: Priority): Announcement {
    const services = record.services.map((service, i) => ({ ...service, load: this.#services[i]?.load ?? 0 }));
    const checkRttMs = this.#rttToTell(now);
    const rttMoved = checkRttMs !== this.record.checkRttMs;
    if (rttMoved) this.#rttToldAt = now;
    // A restart begins with what was measured, because its own first checks measure the start.
    const durable =
      priority !== "bulk" ||
      rttMoved ||
      now - this.#storedAt >= LOAD_REFRESH_MS ||
      (isLoaded(record) && !isLoaded(this.record));
    this.record = {
      ...record,
      services,
      load: this.#load,
      inFlight: this.#inFlight,
      checkRttMs,
      draining: this.#draining,
      directedAt: this.#directedAt,
      verified: this.#verified,
      // Until it has answered, what is told of it is what its last owner knew.
      updatedAt: this.#verified ? now : record.updatedAt,
    };
    this.#toldAt = now;
    if (durable) this.#storedAt = now;
    return { record: this.record, priority, durable };
  }

  #loadsMoved(next: ClusterRecord, now: Millis): boolean {
    const far = (a: number, b: number) => Math.abs(a - b) >= LOAD_STEP - 1e-9;
    if (next.checkRttMs !== this.record.checkRttMs || far(next.load, this.record.load)) return true;
    if (next.services.some(({ load }, i) => far(load, this.record.services[i]?.load ?? 0))) return true;
    return this.#untoldLoads() && now >= this.#toldAt + LOAD_REFRESH_MS;
  }

  /** Loads travel as hundredths: smaller differences are none. */
  #untoldLoads(): boolean {
    const { load, inFlight, services } = this.record;
    const differs = (a: number, b: number) => Math.abs(a - b) >= 0.01;
    return (
      differs(load, this.#load) ||
      inFlight !== this.#inFlight ||
      services.some((service, i) => differs(service.load, this.#services[i]?.load ?? 0))
    );
  }

  #rttToTell(now: Millis): DurationMs | null {
    const told = this.record.checkRttMs;
    const measured = this.#health.checkRttMs;
    if (!isRttNews(told, measured, this.#rttToldAt, now)) return told;
    return measured;
  }

  #expectHeartbeat(now: Millis): void {
    const { ttlMs } = this.record;
    this.#heartbeatBy = ttlMs === null ? Number.POSITIVE_INFINITY : now + ttlMs;
  }

  #abandonedAt(): Millis {
    const { deregisterAfterMs } = this.#config;
    if (deregisterAfterMs <= 0 || this.#criticalSince === null) return Number.POSITIVE_INFINITY;
    return Math.max(this.#criticalSince, this.#heardAt) + deregisterAfterMs;
  }
}

const NEVER: Maintenance = { startsAt: Number.POSITIVE_INFINITY, endsAt: Number.POSITIVE_INFINITY };

/** The state may get traffic. */
export function carries(state: ClusterState): boolean {
  return state === "passing" || state === "warning";
}

function isWellness(state: ClusterState): state is Wellness {
  return state !== "draining" && state !== "maintenance";
}

export function isLoaded({ load, inFlight, services }: ClusterRecord): boolean {
  return load > 0 || inFlight > 0 || services.some((service) => service.load > 0);
}

function sameWindow(a: Maintenance | null, b: Maintenance | null): boolean {
  return a?.startsAt === b?.startsAt && a?.endsAt === b?.endsAt;
}
