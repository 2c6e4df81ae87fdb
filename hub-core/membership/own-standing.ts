/** This hub as the others see it: it refutes what is wrong, notices another run of itself, and accepts a refusal. */
import type { Outbox } from "../common/outbox.ts";
import { type DurationMs, type HubId, type Millis, unreachable } from "../common/types.ts";
import type { Leadership, MemberState } from "../wire/catalog.ts";
import type { MemberUpdate } from "../wire/membership-messages.ts";
import { announcementOf, type Shared } from "./shared.ts";

/** Two runs under one name would outbid each other for ever: once per this. */
const CLONE_NOTICE_MS: DurationMs = 10_000;
const REPEAT_MS: DurationMs = 100;
export const RETRY_AFTER_REFUSAL_MS: DurationMs = 30_000;

export interface Refusal {
  readonly code: "capacity_exhausted";
  readonly limit: number;
  readonly at: Millis;
  readonly retryAt: Millis;
}

export class OwnStanding {
  readonly #shared: Shared;
  #incarnation: number;
  #state: MemberState;
  #standsIn: Leadership | null;
  #refusal: Refusal | null = null;
  #cloneNoticedAt: Millis = Number.NEGATIVE_INFINITY;

  constructor(shared: Shared) {
    this.#shared = shared;
    this.#incarnation = shared.options.incarnation;
    this.#state = "joining";
    this.#standsIn = shared.options.standsIn;
  }

  get state(): MemberState {
    return this.#state;
  }

  get incarnation(): number {
    return this.#incarnation;
  }

  get refusal(): Refusal | null {
    return this.#refusal;
  }

  /** A new state of this very hub, told to all. */
  become(state: MemberState, now: Millis, out: Outbox): void {
    const { roster, options, selfId, news } = this.#shared;
    const from = roster.get(selfId)?.state ?? null;
    this.#state = state;
    const { self, instance, group } = options;
    roster.put({ identity: self, incarnation: this.#incarnation, instance, state, standsIn: this.#standsIn }, now);
    const update = announcementOf(this.#shared, selfId);
    if (update) news.announce(update, now, null, now);
    if (from === state) return;
    out.notify({ kind: "member-changed", group, hub: self, incarnation: this.#incarnation, from, to: state });
  }

  /** In another term of its leadership: a new incarnation, so that all hear of it. */
  standFor(leadership: Leadership, now: Millis, out: Outbox): void {
    this.#standsIn = leadership;
    this.#raise(this.#incarnation + 1, now, out);
  }

  /** What others say of this hub. */
  hear(update: MemberUpdate, via: HubId | null, now: Millis, out: Outbox): void {
    if (this.#state === "left") return;
    const { incarnation } = update;
    switch (update.kind) {
      case "alive":
        if (update.instance !== this.#shared.options.instance) this.#otherRun(update, now, out);
        else if (incarnation > this.#incarnation) this.#adopt(incarnation, now, out);
        return;
      case "suspect":
      case "failed":
      case "left":
        if (incarnation >= this.#incarnation) this.#refute(update.kind, incarnation, now, out);
        else if (via !== null) this.#repeatTo(via, now, out);
        return;
      case "refused":
        if (incarnation >= this.#incarnation) this.refused(update.limit, now, out);
        return;
      default:
        return unreachable(update);
    }
  }

  /** The hello of another hub with this hub's id. */
  met(address: string, incarnation: number, instance: number, now: Millis, out: Outbox): void {
    if (instance !== this.#shared.options.instance && incarnation >= this.#incarnation)
      this.#noticeClone(address, now, out);
  }

  refused(limit: number, now: Millis, out: Outbox): void {
    if (this.#refusal !== null) return;
    const { options } = this.#shared;
    const retryAt = now + options.random.jitter(RETRY_AFTER_REFUSAL_MS, 0.2);
    this.#refusal = { code: "capacity_exhausted", limit, at: now, retryAt };
    this.become("joining", now, out);
    out.log("error", "join_refused_by_parent", { group: options.group, code: "capacity_exhausted", limit });
  }

  /** Asks again, as a new incarnation: the refused one counts as gone. */
  retry(now: Millis, out: Outbox): void {
    this.#refusal = null;
    this.#raise(this.#incarnation + 1, now, out);
  }

  #refute(claim: "suspect" | "failed" | "left", incarnation: number, now: Millis, out: Outbox): void {
    const { awareness, options } = this.#shared;
    awareness.apply(1);
    options.metrics.count("membership_refutations_total", 1, { group: options.group });
    out.log("info", "refuted", { group: options.group, claim, incarnation });
    this.#raise(incarnation + 1, now, out);
  }

  #raise(atLeast: number, now: Millis, out: Outbox): void {
    this.#adopt(this.#shared.options.raiseIncarnation(atLeast), now, out);
  }

  #adopt(incarnation: number, now: Millis, out: Outbox): void {
    this.#incarnation = incarnation;
    this.become(this.#state, now, out);
  }

  #otherRun(update: Extract<MemberUpdate, { kind: "alive" }>, now: Millis, out: Outbox): void {
    if (update.incarnation < this.#incarnation || !this.#noticeClone(update.hub.address, now, out)) return;
    // It may as well be our own past, from before storage was lost: outbid it, or nobody will believe in this run.
    if (update.incarnation > this.#incarnation) this.#raise(update.incarnation + 1, now, out);
  }

  #noticeClone(address: string, now: Millis, out: Outbox): boolean {
    if (now - this.#cloneNoticedAt < CLONE_NOTICE_MS) return false;
    this.#cloneNoticedAt = now;
    const { options, selfId } = this.#shared;
    options.metrics.count("membership_clones_total", 1, { group: options.group });
    out.log("warn", "clone_detected", { group: options.group, hub_id: selfId, address });
    out.notify({ kind: "clone-detected", group: options.group, address });
    return true;
  }

  /** Someone has not heard of our refutation: once more, to them alone. */
  #repeatTo(peer: HubId, now: Millis, out: Outbox): void {
    const link = this.#shared.links.get(peer);
    const update = announcementOf(this.#shared, this.#shared.selfId);
    if (!link || !update || now - link.toldAt < REPEAT_MS) return;
    link.toldAt = now;
    out.send(peer, { kind: "news", updates: [update] });
  }
}
