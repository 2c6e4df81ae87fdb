/**
 * A hub that lost its storage meets its own log at its peers. What they have comes back under new numbers, above every one
 * that they have seen, and counts again.
 */
import type { Metrics } from "../common/metrics.ts";
import type { Outbox } from "../common/outbox.ts";
import type { DurationMs, Millis } from "../common/types.ts";
import { type Rumor, recordKeys } from "../wire/catalog.ts";
import { isDurable, type OwnLog } from "./own-log.ts";
import type { OwnedClusters } from "./owned-clusters.ts";

export interface LogRecoveryOptions {
  readonly log: OwnLog;
  readonly owned: OwnedClusters;
  readonly metrics: Metrics;
  readonly withdrawnTtlMs: DurationMs;
}

/** More than a hub may have of its own. */
const MAX_ECHOES = 4_096;

export class LogRecovery {
  readonly #o: LogRecoveryOptions;
  /** Newest by key. What is beyond the limit is met again. */
  readonly #echoes = new Map<string, Rumor>();
  #due = false;

  constructor(options: LogRecoveryOptions) {
    this.#o = options;
  }

  get isDue(): boolean {
    return this.#due;
  }

  /** A peer has a record of this hub that is newer than anything in its own log. */
  echoed(rumor: Rumor): void {
    this.#due = true;
    this.#o.log.jump(rumor.seq);
    const known = this.#echoes.get(rumor.key);
    if (known ? known.seq < rumor.seq : this.#echoes.size < MAX_ECHOES) this.#echoes.set(rumor.key, rumor);
  }

  /** A peer is complete to this number of this hub's own log. */
  numbered(upTo: number): void {
    if (this.#o.log.jump(upTo)) this.#due = true;
  }

  recover(now: Millis, out: Outbox): void {
    const echoes = [...this.#echoes.values()];
    this.#echoes.clear();
    this.#due = false;
    this.#o.metrics.count("registry_log_recoveries_total");
    out.log("warn", "own_log_recovered_from_peers", { records: echoes.length });
    const { log } = this.#o;
    // The hub's own record is published again in any case, and what is not durable at its next change.
    for (const { key, body, priority, expiresAt } of log.rumors()) {
      if (!isDurable(key) || key === recordKeys.hub) continue;
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
    const withdrawal = { key, body: { kind: "withdrawn" }, priority: "normal", durable: true } as const;
    log.publish({ ...withdrawal, expiresAt: now + withdrawnTtlMs }, now, out);
  }
}
