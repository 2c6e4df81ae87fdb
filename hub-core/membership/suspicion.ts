/** One suspicion of one incarnation: who accuses, on what evidence, and when that is enough (Dadgar 2018 §IV-B). */
import type { DurationMs, HubId, Millis } from "../common/types.ts";
import type { Evidence } from "../wire/membership-messages.ts";

/** More opinions than this change nothing. */
export const MAX_ACCUSERS = 8;

export interface SuspicionRules {
  /** Independent accusers that settle it; 1 when nobody else is left to ask. */
  readonly needed: number;
  /** Silence shorter than this never fails a hub, however many confirm it. */
  readonly minMs: DurationMs;
  /** With a single accuser. */
  readonly maxMs: DurationMs;
  /** Time that a contradiction has to arrive when sockets closed. */
  readonly settleMs: DurationMs;
  /** When this hub last had word from the suspect. */
  readonly heardAt: Millis;
}

/** `confirmations` beyond the first accuser, of `expected`: log-shaped, so that the first ones count most. */
export function suspicionTimeoutMs(
  confirmations: number,
  expected: number,
  minMs: DurationMs,
  maxMs: DurationMs,
): DurationMs {
  if (expected < 1) return minMs;
  const share = Math.log(Math.min(confirmations, expected) + 1) / Math.log(expected + 1);
  return Math.max(minMs, maxMs - (maxMs - minMs) * share);
}

interface Accusation {
  evidence: Evidence;
  at: Millis;
}

export class Suspicion {
  readonly incarnation: number;
  /** Since when the suspect is known not to answer, by the earliest accuser. */
  #silentSince: Millis = Number.POSITIVE_INFINITY;
  readonly #accusations = new Map<HubId, Accusation>();

  constructor(incarnation: number) {
    this.incarnation = incarnation;
  }

  get silentSince(): Millis {
    return this.#silentSince;
  }

  get accusers(): readonly HubId[] {
    return [...this.#accusations.keys()];
  }

  has(accuser: HubId): boolean {
    return this.#accusations.has(accuser);
  }

  closedCount(): number {
    return this.#closedTimes().length;
  }

  /** True when this is news: a further accuser, or stronger evidence from a known one. */
  accuse(from: HubId, evidence: Evidence, silentSince: Millis, now: Millis): boolean {
    const known = this.#accusations.get(from);
    if (known) {
      if (known.evidence === evidence || evidence === "silence") return false;
      known.evidence = evidence;
      known.at = now;
      return true;
    }
    if (this.#accusations.size >= MAX_ACCUSERS) return false;
    this.#accusations.set(from, { evidence, at: now });
    this.#silentSince = Math.min(this.#silentSince, silentSince);
    return true;
  }

  /** When the suspect fails if nothing more is heard. Closed sockets settle it early, when enough others lost it too. */
  deadline({ needed, minMs, maxMs, settleMs, heardAt }: SuspicionRules): Millis {
    const timeout = suspicionTimeoutMs(this.#accusations.size - 1, needed - 1, minMs, maxMs);
    const bySilence = Math.max(this.#silentSince + timeout, heardAt + minMs);
    const settledAt = needed >= 2 ? this.#closedTimes()[needed - 1] : undefined;
    if (settledAt === undefined || heardAt > settledAt) return bySilence;
    return Math.min(bySilence, settledAt + settleMs);
  }

  /** No rules could make the deadline earlier than this. */
  earliestDeadline(minMs: DurationMs, settleMs: DurationMs): Millis {
    const settledAt = this.#closedTimes()[1];
    const bySilence = this.#silentSince + minMs;
    return settledAt === undefined ? bySilence : Math.min(bySilence, settledAt + settleMs);
  }

  /** This hub did not run for a while: that time proves nothing. */
  postpone(byMs: DurationMs): void {
    this.#silentSince += byMs;
    for (const accusation of this.#accusations.values()) accusation.at += byMs;
  }

  #closedTimes(): Millis[] {
    return [...this.#accusations.values()]
      .filter((accusation) => accusation.evidence === "closed")
      .map((accusation) => accusation.at)
      .sort((a, b) => a - b);
  }
}
