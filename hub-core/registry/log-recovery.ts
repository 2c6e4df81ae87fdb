/**
 * A hub that lost its storage meets its own log at its peers. Once it notices, it does not vouch for its log for a while, so
 * that anti-entropy brings it what there is. That comes back under new numbers, above every one seen, and counts again.
 */
import type { Metrics } from "../common/metrics.ts";
import type { Outbox } from "../common/outbox.ts";
import type { DurationMs, Millis } from "../common/types.ts";
import { isUncarried, type Rumor, recordKeys } from "../wire/catalog.ts";
import { isDurable, type OwnLog } from "./own-log.ts";
import type { OwnedClusters } from "./owned-clusters.ts";
import type { RecordStore } from "./record-store.ts";

export interface LogRecoveryOptions {
  readonly log: OwnLog;
  readonly store: RecordStore;
  readonly owned: OwnedClusters;
  readonly metrics: Metrics;
  /** Of this life of the hub's storage. */
  readonly replica: number;
  readonly withdrawnTtlMs: DurationMs;
  /** How long peers are asked. */
  readonly doubtMs: DurationMs;
}

/** More than a hub may have of its own. */
const MAX_ECHOES = 4_096;
const GATHER_MS = 500;
/** The store tells without a clock: the next tick sets the time. */
const DOUBT_AT_ONCE = 0;

export class LogRecovery {
  readonly #o: LogRecoveryOptions;
  /** Newest by key. What is beyond the limit is met again. */
  readonly #echoes = new Map<string, Rumor>();
  #dueAt: Millis = Number.POSITIVE_INFINITY;
  #vouchAt: Millis = Number.POSITIVE_INFINITY;

  constructor(options: LogRecoveryOptions) {
    this.#o = options;
  }

  /** A peer knows this hub from before. */
  remembered(): void {
    if (this.#vouchAt === Number.POSITIVE_INFINITY) this.#vouchAt = DOUBT_AT_ONCE;
  }

  nextDeadline(): Millis {
    return Math.min(this.#dueAt, this.#vouchAt);
  }

  /** A peer has a record of this hub that is not in its own log. More of them follow, so they are gathered. */
  echoed(rumor: Rumor, now: Millis): void {
    this.#dueAt = Math.min(this.#dueAt, now + GATHER_MS);
    this.#o.log.jump(rumor.seq);
    // From a peer that cannot carry what stands there: those who can send it, or say it in this hub's place.
    if (isUncarried(rumor)) return;
    const known = this.#echoes.get(rumor.key);
    if (known ? known.seq < rumor.seq : this.#echoes.size < MAX_ECHOES) this.#echoes.set(rumor.key, rumor);
  }

  /** A peer is complete to this number of this hub's own log. */
  numbered(upTo: number): void {
    if (this.#o.log.jump(upTo) && this.#dueAt === Number.POSITIVE_INFINITY) this.#dueAt = 0;
  }

  /** @returns whether records came back. */
  tick(now: Millis, out: Outbox): boolean {
    const restored = this.#dueAt <= now;
    if (restored) this.#recover(now, out);
    if (this.#vouchAt === DOUBT_AT_ONCE) {
      this.#vouchAt = now + this.#o.doubtMs;
      this.#o.store.vouchForOwn(false);
    } else if (this.#vouchAt <= now) {
      this.#vouchAt = Number.POSITIVE_INFINITY;
      this.#o.store.vouchForOwn(true);
    }
    return restored;
  }

  #recover(now: Millis, out: Outbox): void {
    const echoes = [...this.#echoes.values()];
    this.#echoes.clear();
    this.#dueAt = Number.POSITIVE_INFINITY;
    this.#o.metrics.count("registry_log_recoveries_total");
    out.log("warn", "own_log_recovered_from_peers", { records: echoes.length });
    const { log } = this.#o;
    // The hub's own record is published again in any case, and what is not durable at its next change.
    for (const rumor of log.rumors()) {
      const { key, body, priority, expiresAt } = rumor;
      if (!isDurable(key) || key === recordKeys.hub || !log.isDisputed(rumor)) continue;
      log.publish({ key, body, priority, expiresAt, durable: true }, now, out);
    }
    for (const rumor of echoes) if (!log.newest(rumor.key)) this.#restore(rumor, now, out);
  }

  #restore({ key, body, expiresAt }: Rumor, now: Millis, out: Outbox): void {
    const { log, owned, withdrawnTtlMs } = this.#o;
    switch (body.kind) {
      case "hub":
      case "links":
      case "summary":
      case "state-graves":
        return;
      case "state":
        // Of the life that was lost: this one has other actors, and so nothing is counted twice.
        log.publish(
          { key, body: { ...body, saidIn: this.#o.replica }, priority: "normal", expiresAt, durable: true },
          now,
          out,
        );
        return;
      case "tombstone":
      case "hub-state":
        log.publish({ key, body, priority: "urgent", expiresAt, durable: true }, now, out);
        return;
      case "cluster":
        if (owned.hasRoom) return owned.register(body, now, out);
        break;
      case "latency":
      case "test":
      case "withdrawn":
        break;
    }
    const withdrawal = { key, body: { kind: "withdrawn", incarnation: 0 }, priority: "normal", durable: true } as const;
    log.publish({ ...withdrawal, expiresAt: now + withdrawnTtlMs }, now, out);
  }
}
