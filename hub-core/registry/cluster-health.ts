/**
 * Is a cluster well? Two independent witnesses, of which the worse one counts: our own checks, and its heartbeats.
 * Checks: 2xx and 3xx pass, 429 warns, all else fails; a refused connection counts double, because nothing listens there.
 */

import type { CheckOutcome } from "../common/outbox.ts";
import { type DurationMs, unreachable } from "../common/types.ts";
import type { RegistryConfig } from "../config/hub-config.ts";
import type { ClusterRecord, OfferedService } from "../wire/catalog.ts";
import { RoundTrip } from "./round-trip.ts";

export type Wellness = "passing" | "warning" | "critical";

export interface Verdict {
  readonly state: Wellness;
  readonly reason: string;
}

type Thresholds = Pick<RegistryConfig, "unhealthyThreshold" | "healthyThreshold">;

/** A check slower than this share of its time-out passes with a warning. */
const SLOW_SHARE = 0.5;
/** Of a cluster's own load: a warning from here, until it falls well below. */
const HIGH_LOAD = 0.9;
const NORMAL_LOAD = 0.8;

const SEVERITY: Readonly<Record<Wellness, number>> = { passing: 0, warning: 1, critical: 2 };

export class ClusterHealth {
  readonly #thresholds: Thresholds;
  #checks: Verdict;
  #failures = 0;
  #badAnswers = 0;
  #successes = 0;
  #heartbeatMissed: string | null = null;
  #overloaded = false;
  #slowAnswers = 0;
  #rtt: RoundTrip;

  constructor(thresholds: Thresholds, record: ClusterRecord) {
    this.#thresholds = thresholds;
    this.#checks = { state: wellnessOf(record), reason: record.reason };
    this.#rtt = new RoundTrip(record.checkRttMs);
    // Without checks there is nothing to take a bad state back but heartbeats.
    if (!record.healthCheck) {
      if (this.#checks.state === "critical" && record.ttlMs !== null) this.#heartbeatMissed = record.reason;
      this.#checks = { state: "passing", reason: record.ttlMs === null ? "registered" : "heartbeats arrive" };
    }
  }

  /** Of the checks, less what busy machines add. */
  get checkRttMs(): number | null {
    return this.#rtt.baseMs;
  }

  /** Answers disagree with the state, and one more may settle it: ask again soon. */
  get undecided(): boolean {
    return this.#checks.state === "critical" ? this.#successes > 0 : this.#badAnswers > 0;
  }

  /** `excused`: this hub was late itself, so that no slowness is the cluster's. */
  checked(outcome: CheckOutcome, timeoutMs: DurationMs, excused = false): void {
    const answer = judge(outcome, excused ? Number.POSITIVE_INFINITY : timeoutMs);
    if (outcome.kind === "answered") this.#rtt.sample(outcome.latencyMs);
    if (answer.state === "critical") {
      this.#successes = 0;
      this.#badAnswers += 1;
      this.#failures += outcome.kind === "refused" ? 2 : 1;
      // One bad answer is never enough, unless the configuration says so.
      const enough = this.#badAnswers >= Math.min(2, this.#thresholds.unhealthyThreshold);
      if (enough && this.#failures >= this.#thresholds.unhealthyThreshold) this.#checks = answer;
      return;
    }
    this.#failures = 0;
    this.#badAnswers = 0;
    this.#successes += 1;
    this.#slowAnswers = answer.state === "warning" ? this.#slowAnswers + 1 : 0;
    if (this.#wavers(answer)) return;
    if (this.#checks.state !== "critical" || this.#successes >= this.#thresholds.healthyThreshold) {
      this.#checks = answer;
      this.#successes = 0;
    }
  }

  /** Between passing and warning, too, it takes the thresholds in a row: one slow answer is a busy moment. */
  #wavers(answer: Verdict): boolean {
    const { unhealthyThreshold, healthyThreshold } = this.#thresholds;
    if (this.#checks.state === "passing") return answer.state === "warning" && this.#slowAnswers < unhealthyThreshold;
    return this.#checks.state === "warning" && answer.state === "passing" && this.#successes < healthyThreshold;
  }

  /** As well as before, but elsewhere. */
  moved(): void {
    this.#rtt = new RoundTrip(null);
  }

  heartbeat(): void {
    this.#heartbeatMissed = null;
  }

  missed(reason: string): void {
    this.#heartbeatMissed = reason;
  }

  get heartbeatIsMissed(): boolean {
    return this.#heartbeatMissed !== null;
  }

  verdict(load: number, services: readonly OfferedService[]): Verdict {
    this.#overloaded = load >= (this.#overloaded ? NORMAL_LOAD : HIGH_LOAD);
    const sick = services.filter(({ healthy }) => !healthy);
    const verdicts: Verdict[] = [this.#checks];
    if (this.#heartbeatMissed !== null) verdicts.push({ state: "critical", reason: this.#heartbeatMissed });
    if (sick.length > 0) verdicts.push(sickness(sick, services.length));
    if (this.#overloaded) verdicts.push({ state: "warning", reason: `load ${load.toFixed(2)}` });
    return verdicts.reduce((worst, next) => (SEVERITY[next.state] > SEVERITY[worst.state] ? next : worst));
  }
}

export function isWorse(a: Wellness, b: Wellness): boolean {
  return SEVERITY[a] > SEVERITY[b];
}

/** What the record says of its health; drained or in maintenance, it was well when last asked. */
function wellnessOf({ state }: ClusterRecord): Wellness {
  return state === "warning" || state === "critical" ? state : "passing";
}

function judge(outcome: CheckOutcome, timeoutMs: DurationMs): Verdict {
  switch (outcome.kind) {
    case "refused":
      return { state: "critical", reason: "check: connection refused" };
    case "timeout":
      return { state: "critical", reason: `check: no answer within ${timeoutMs} ms` };
    case "answered": {
      const { status, latencyMs } = outcome;
      if (status === 429) return { state: "warning", reason: "check: HTTP 429" };
      if (status < 200 || status >= 400) return { state: "critical", reason: `check: HTTP ${status}` };
      if (latencyMs > SLOW_SHARE * timeoutMs) return { state: "warning", reason: "check: slow" };
      return { state: "passing", reason: "check: passing" };
    }
    default:
      return unreachable(outcome);
  }
}

function sickness(sick: readonly OfferedService[], all: number): Verdict {
  const names = sick.map(({ name }) => name).join(", ");
  // At most 240 bytes, whatever the names are written in.
  const reason = `unhealthy: ${names}`.slice(0, 80);
  return { state: sick.length === all ? "critical" : "warning", reason };
}
