/**
 * Push/pull of whole views (SWIM's anti-entropy, as memberlist does it), but only between hubs whose views differ: eight
 * bytes of digest first.
 */
import type { Outbox } from "../common/outbox.ts";
import type { DurationMs, HubId, Millis } from "../common/types.ts";
import { MAX_NEWS, type MemberUpdate } from "../wire/membership-messages.ts";
import { announcementOf, type Shared } from "./shared.ts";

const ROUND_MS: DurationMs = 30_000;
/** A hub that is still joining asks again: its first exchange may have been cut short. */
const JOINING_ROUND_MS: DurationMs = 1_000;
/** The same view is not sent twice to the same peer within this. */
const SAME_VIEW_MS: DurationMs = 1_000;
const NEXT_VIEW_MS: DurationMs = 100;

export class Exchange {
  readonly #shared: Shared;
  #nextRoundAt: Millis = Number.POSITIVE_INFINITY;

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  nextDeadline(): Millis {
    return this.#nextRoundAt;
  }

  begin(peer: HubId, out: Outbox): void {
    out.send(peer, { kind: "view-digest", digest: this.#shared.roster.digest, answer: false });
  }

  /** True when the peer's view is the same as this one. */
  digestReceived(
    from: HubId,
    [high, low]: readonly [number, number],
    isAnswer: boolean,
    now: Millis,
    out: Outbox,
  ): boolean {
    const { roster } = this.#shared;
    if (roster.digest[0] === high && roster.digest[1] === low) return true;
    if (!isAnswer) out.send(from, { kind: "view-digest", digest: roster.digest, answer: true });
    this.#sendView(from, now, out);
    return false;
  }

  tick(joining: boolean, now: Millis, out: Outbox): void {
    const { links, options } = this.#shared;
    if (now >= this.#nextRoundAt) {
      const peer = options.random.pick([...links.keys()]);
      if (peer !== undefined) this.begin(peer, out);
      this.#nextRoundAt = Number.POSITIVE_INFINITY;
    }
    this.schedule(joining, now);
  }

  schedule(joining: boolean, now: Millis): void {
    const { links, options } = this.#shared;
    if (links.size === 0) this.#nextRoundAt = Number.POSITIVE_INFINITY;
    else if (this.#nextRoundAt === Number.POSITIVE_INFINITY)
      this.#nextRoundAt = now + options.random.jitter(joining ? JOINING_ROUND_MS : this.#roundMs(), 0.2);
  }

  /** Slower than the probes in every profile. */
  #roundMs(): DurationMs {
    return Math.max(ROUND_MS, 10 * this.#shared.options.config.probeIntervalMs);
  }

  #sendView(to: HubId, now: Millis, out: Outbox): void {
    const { roster, links, options } = this.#shared;
    const link = links.get(to);
    if (!link) return;
    const elapsed = now - link.viewSentAt;
    if (elapsed < NEXT_VIEW_MS || (link.viewSentVersion === roster.version && elapsed < SAME_VIEW_MS)) return;
    link.viewSentAt = now;
    link.viewSentVersion = roster.version;
    options.metrics.count("membership_views_sent_total", 1, { group: options.group });
    const members: MemberUpdate[] = [];
    for (const { identity } of roster.all()) {
      const entry = announcementOf(this.#shared, identity.hubId);
      if (entry) members.push(entry);
    }
    for (let from = 0; from < members.length; from += MAX_NEWS) {
      const page = members.slice(from, from + MAX_NEWS);
      out.send(to, { kind: "view", members: page, last: from + MAX_NEWS >= members.length });
    }
  }
}
