/** Words of hubs whose clocks run too far ahead: refused, counted, and taken once our own clock has come near. */
import type { Metrics } from "../../common/metrics.ts";
import type { HubId, Millis } from "../../common/types.ts";
import type { StateConfig } from "../../config/hub-config.ts";
import type { Rumor } from "../../wire/catalog.ts";
import { millisOf } from "../clocks/hybrid-logical-clock.ts";
import { type EventualStatus, iso } from "../requests.ts";
import { newestStamp } from "./contribution.ts";

export class Skew {
  readonly #config: StateConfig;
  readonly #metrics: Metrics;
  #refused = 0;
  #last: { readonly hub: HubId; readonly aheadMs: number; readonly at: Millis } | null = null;
  /** Not told in the log yet. */
  #isNews = false;

  constructor(config: StateConfig, metrics: Metrics) {
    this.#config = config;
    this.#metrics = metrics;
    metrics.count("state_clock_skew_refused_total", 0);
  }

  admits({ origin, body }: Rumor, now: Millis): boolean {
    if (body.kind !== "state" || body.contribution === null) return true;
    const aheadMs = millisOf(newestStamp(body.contribution)) - now;
    if (aheadMs <= this.#config.maxClockSkewMs) return true;
    this.#refused += 1;
    this.#metrics.count("state_clock_skew_refused_total");
    // The same word comes again and again: one line for each hub, until another is met.
    if (this.#last?.hub !== origin) this.#isNews = true;
    this.#last = { hub: origin, aheadMs, at: now };
    return false;
  }

  /** What is to be logged, once. */
  takeNews(): { readonly hub: HubId; readonly aheadMs: number } | null {
    const news = this.#isNews ? this.#last : null;
    this.#isNews = false;
    return news;
  }

  get hasNews(): boolean {
    return this.#isNews;
  }

  status(): Pick<EventualStatus["clock"], "refused" | "last_refused" | "max_skew_ms"> {
    const last = this.#last;
    return {
      max_skew_ms: this.#config.maxClockSkewMs,
      refused: this.#refused,
      last_refused: last && { hub_id: last.hub, ahead_ms: last.aheadMs, at: iso(last.at) },
    };
  }
}
