/** Gathers what one step wants done and puts it in the order that the contract promises. */
import type { Metrics } from "../common/metrics.ts";
import type { Check, LogFields, LogLevel, Notice, Outbox, StoredWrite } from "../common/outbox.ts";
import type { Reply } from "../common/problem.ts";
import type { DurationMs, HubId, HubIdentity, Millis } from "../common/types.ts";
import type { Message } from "../wire/messages.ts";
import type { Effect, LinkId, TimerName } from "./contract.ts";
import type { LinkOutbox } from "./link-surroundings.ts";
import type { Links } from "./links.ts";

export class StepEffects implements Outbox, LinkOutbox {
  readonly notices: Notice[] = [];
  readonly #persists: Effect[] = [];
  readonly #rest: Effect[] = [];
  readonly #links: Links;
  readonly #metrics: Metrics;
  readonly #now: Millis;

  constructor(links: Links, metrics: Metrics, now: Millis) {
    this.#links = links;
    this.#metrics = metrics;
    this.#now = now;
  }

  /** Persist first, then everything else in the order it was asked for. */
  finish(): Effect[] {
    return this.#persists.length === 0 ? this.#rest : [...this.#persists, ...this.#rest];
  }

  // ── Outbox, for the machines ───────────────────────────────────────────────────────────────────────────────────────

  send(to: HubId, message: Message): boolean {
    const queued = this.#links.queue(to, message, this.#now);
    if (!queued) this.#metrics.count("federation_messages_unsent_total", 1, { kind: message.kind });
    return queued;
  }

  connected(to: HubId): boolean {
    return this.#links.connected(to);
  }

  /** There is a link to it, and nothing is heard on it though something was asked. */
  silent(to: HubId): boolean {
    return this.#links.silent(to, this.#now);
  }

  dial(to: HubId): boolean {
    return this.#links.request(to, this.#now, this);
  }

  persist(write: StoredWrite): void {
    this.#metrics.count("storage_rows_written_total");
    this.#persists.push({ kind: "persist", write });
  }

  check(check: Check): void {
    this.#rest.push({ kind: "check", check });
  }

  notify(notice: Notice): void {
    this.notices.push(notice);
  }

  log(level: LogLevel, event: string, fields: LogFields = {}): void {
    this.#rest.push({ kind: "log", level, event, fields });
  }

  // ── LinkOutbox, for the links ──────────────────────────────────────────────────────────────────────────────────────

  openLink(peer: HubIdentity, timeoutMs: DurationMs): void {
    this.#rest.push({ kind: "open-link", peer, timeoutMs });
  }

  closeLink(link: LinkId, code: number, reason: string): void {
    this.#rest.push({ kind: "close-link", link, code, reason });
  }

  sendFrame(link: LinkId, bytes: Uint8Array<ArrayBuffer>): void {
    this.#rest.push({ kind: "send", link, bytes });
  }

  // ── For the Hub ────────────────────────────────────────────────────────────────────────────────────────────────────

  reply(id: string, reply: Reply): void {
    this.#rest.push({ kind: "reply", id, reply });
  }

  setTimer(timer: TimerName, at: Millis, token: number): void {
    this.#rest.push({ kind: "set-timer", timer, at, token });
  }
}
