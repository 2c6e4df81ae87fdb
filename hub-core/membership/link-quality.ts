/** What probes say of one link: smoothed round trip and its spread (RFC 6298), and the share of probes that got lost. */
import type { DurationMs, Millis } from "../common/types.ts";

/** Weight of a new sample: 1/8 for the mean, 1/4 for the spread (RFC 6298 §2); losses are slower to forget. */
const MEAN_GAIN = 1 / 8;
const SPREAD_GAIN = 1 / 4;
const LOSS_GAIN = 1 / 32;
const MEDIAN_OF = 3;
/** Busy machines only add to an answer: the least of so many is the way itself (LEDBAT, RFC 6817 §3.1.1). */
const LEAST_OF = 16;
const FASTEST_TIMEOUT_MS = 100;
/** The first probe of a link knows nothing yet. */
const UNKNOWN_TIMEOUT_MS = 500;
/** What a scheduler may add on either side. */
const SLACK_MS = 50;

export class LinkQuality {
  #recent: DurationMs[] = [];
  #meanMs: DurationMs | null = null;
  #spreadMs: DurationMs = 0;
  #loss = 0;
  #sampledAt: Millis = Number.NEGATIVE_INFINITY;

  get rttMs(): DurationMs | null {
    return this.#meanMs;
  }

  /** What routes go by; time-outs go by `rttMs`. */
  get leastMs(): DurationMs | null {
    return this.#recent.length === 0 ? null : Math.min(...this.#recent);
  }

  /** 0…1. */
  get loss(): number {
    return this.#loss;
  }

  get sampledAt(): Millis {
    return this.#sampledAt;
  }

  /** A probe came back. Answers the median of the last three samples: one late frame is not a longer way. */
  answered(rttMs: DurationMs, now: Millis): DurationMs {
    this.#sampledAt = now;
    this.#loss -= this.#loss * LOSS_GAIN;
    this.#recent = [...this.#recent.slice(1 - LEAST_OF), rttMs];
    const last = this.#recent.slice(-MEDIAN_OF);
    const median = last.sort((a, b) => a - b)[last.length >> 1] ?? rttMs;
    if (this.#meanMs === null) {
      this.#meanMs = median;
      this.#spreadMs = median / 2;
    } else {
      this.#spreadMs += SPREAD_GAIN * (Math.abs(this.#meanMs - median) - this.#spreadMs);
      this.#meanMs += MEAN_GAIN * (median - this.#meanMs);
    }
    return median;
  }

  lost(): void {
    this.#loss += (1 - this.#loss) * LOSS_GAIN;
  }

  /** How long to wait for an answer: RFC 6298's time-out with a shorter floor, at most `ceilingMs`. */
  timeoutMs(ceilingMs: DurationMs): DurationMs {
    if (this.#meanMs === null) return Math.min(UNKNOWN_TIMEOUT_MS, ceilingMs);
    return Math.min(Math.max(this.#meanMs + 4 * this.#spreadMs + SLACK_MS, FASTEST_TIMEOUT_MS), ceilingMs);
  }
}
