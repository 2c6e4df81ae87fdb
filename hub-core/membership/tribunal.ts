/** Suspicions under way: jurors look for themselves, and a suspect fails when its time is up. */
import type { Outbox } from "../common/outbox.ts";
import type { DurationMs, HubId, Millis } from "../common/types.ts";
import type { Detector } from "./detector.ts";
import { accusersNeeded, juryOf } from "./jury.ts";
import type { Member } from "./member.ts";
import type { Shared } from "./shared.ts";

/** Added to the tolerated pause: a hub that wakes needs this to be heard again. */
export const PAUSE_MARGIN_MS: DurationMs = 200;
/** For a contradiction to arrive, once enough have lost a hub's sockets. */
export const SETTLE_MS: DurationMs = 200;
/** Those who cannot hear the suspect themselves leave it to those who can, and wait for a refutation to travel. */
export const BYSTANDER_GRACE_MS: DurationMs = 400;
const SOONEST_LOOK_MS: DurationMs = 25;
/** A wave of accusations is gone through together. */
const SOONEST_DUTY_MS: DurationMs = 50;

export class Tribunal {
  readonly #shared: Shared;
  readonly #detector: Detector;
  readonly #fail: (suspect: HubId, now: Millis, out: Outbox) => void;
  #nextLookAt: Millis = Number.POSITIVE_INFINITY;
  #nextDutyAt: Millis = Number.POSITIVE_INFINITY;
  #servedAt: Millis = Number.NEGATIVE_INFINITY;

  constructor(shared: Shared, detector: Detector, fail: (suspect: HubId, now: Millis, out: Outbox) => void) {
    this.#shared = shared;
    this.#detector = detector;
    this.#fail = fail;
  }

  nextDeadline(): Millis {
    return Math.min(this.#nextLookAt, this.#nextDutyAt);
  }

  /** A suspicion began, or was confirmed. */
  suspected(now: Millis): void {
    this.#nextLookAt = Math.min(this.#nextLookAt, now + SOONEST_LOOK_MS);
    this.#nextDutyAt = Math.min(this.#nextDutyAt, Math.max(now, this.#servedAt + SOONEST_DUTY_MS));
  }

  tick(now: Millis, out: Outbox): void {
    if (now >= this.#nextDutyAt) this.#serve(now, out);
    if (now >= this.#nextLookAt) this.#look(now, out);
  }

  postpone(byMs: DurationMs): void {
    for (const { suspicion } of this.#shared.roster.suspects()) suspicion?.postpone(byMs);
  }

  /** Suspicions that only this hub holds, from a time when it could hear nobody: they are taken back. */
  solitary(): HubId[] {
    const { roster, selfId } = this.#shared;
    return roster.suspects().flatMap(({ identity, suspicion }) => {
      const accusers = suspicion?.accusers ?? [];
      return accusers.length === 1 && accusers[0] === selfId ? [identity.hubId] : [];
    });
  }

  /** Jury duty: ask the suspect ourselves. It answers, and hears what it has to refute; or we confirm. */
  #serve(now: Millis, out: Outbox): void {
    const { roster, selfId, options } = this.#shared;
    const suspects = roster.suspects();
    this.#servedAt = now;
    for (const { identity } of suspects) {
      if (juryOf(identity.hubId, roster).includes(selfId)) this.#detector.check(identity.hubId, false, now, out);
    }
    this.#nextDutyAt = suspects.length > 0 ? now + options.config.probeIntervalMs : Number.POSITIVE_INFINITY;
  }

  #look(now: Millis, out: Outbox): void {
    this.#nextLookAt = Number.POSITIVE_INFINITY;
    for (const suspect of this.#shared.roster.suspects()) {
      const deadline = this.deadlineOf(suspect, now);
      if (deadline <= now) this.#fail(suspect.identity.hubId, now, out);
      else this.#nextLookAt = Math.min(this.#nextLookAt, Math.max(deadline, now + SOONEST_LOOK_MS));
    }
  }

  /** May move both ways as accusers, jurors and signs of life come in. Infinity for one that is not suspected. */
  deadlineOf({ identity, suspicion, lastHeardAt }: Member, now: Millis): Millis {
    if (!suspicion) return Number.POSITIVE_INFINITY;
    const { roster, selfId, options } = this.#shared;
    const { pauseToleranceMs, suspicionTimeoutMs } = options.config;
    const minMs = pauseToleranceMs + PAUSE_MARGIN_MS;
    const earliest = suspicion.earliestDeadline(minMs, SETTLE_MS);
    if (earliest > now) return earliest;
    const jury = juryOf(identity.hubId, roster);
    const needed = accusersNeeded(jury);
    const bystander = !jury.includes(selfId) && !suspicion.has(selfId);
    const grace = bystander ? BYSTANDER_GRACE_MS : 0;
    const maxMs = Math.max(suspicionTimeoutMs, 2 * minMs);
    return suspicion.deadline({
      needed,
      // Alone with the accusation in a group of more: whoever is cut off has to be slow to judge.
      minMs: needed === 1 && roster.live > 2 ? maxMs : minMs + grace,
      maxMs: maxMs + grace,
      settleMs: SETTLE_MS + grace / 2,
      heardAt: lastHeardAt,
    });
  }
}
