/** What time does to the store: records expire, hubs that are long gone are forgotten, gaps nobody can fill are given up. */
import type { Outbox } from "../common/outbox.ts";
import type { DurationMs, HubId, Millis } from "../common/types.ts";
import type { HubConfig } from "../config/hub-config.ts";
import type { Rumor } from "../wire/catalog.ts";
import type { Catalog } from "./catalog.ts";
import type { OwnLog } from "./own-log.ts";
import type { RecordStore } from "./record-store.ts";

export interface UpkeepOptions {
  readonly self: HubId;
  readonly config: HubConfig;
  readonly store: RecordStore;
  readonly catalog: Catalog;
  readonly log: OwnLog;
}

/** Between two looks through the store. */
const SPACING_MS = 5_000;
/** Anti-entropy has had its chance with every living peer by then. */
const GAP_PATIENCE_MS: DurationMs = 120_000;
const RECHECK_MS = 60_000;

export class Upkeep {
  readonly #o: UpkeepOptions;
  /** Hubs that are gone, since when: noticed by this hub, so it starts anew with it. */
  readonly #goneSince = new Map<HubId, Millis>();
  #seenPresence = -1;
  #lookedAt: Millis = 0;
  #ripeAt: Millis = Number.POSITIVE_INFINITY;

  constructor(options: UpkeepOptions) {
    this.#o = options;
  }

  /** After any change to a hub's view. */
  review(now: Millis, out: Outbox): void {
    const { catalog, store, config, self } = this.#o;
    if (catalog.presenceVersion === this.#seenPresence) return;
    this.#seenPresence = catalog.presenceVersion;
    for (const { hubId } of catalog.hubs()) {
      const since = this.#goneSince.get(hubId);
      const gone = hubId !== self && catalog.directory.isGone(hubId);
      if (gone && since === undefined) this.#goneSince.set(hubId, now);
      if (gone || since === undefined) continue;
      this.#goneSince.delete(hubId);
      // Its withdrawals and tombstones of that time have expired unseen, so what is here of it cannot be trusted.
      if (now - since >= config.registry.tombstoneTtlMs) store.forget(hubId, now);
      else if (store.reopen(hubId)) out.log("info", "gaps_asked_for_again", { hub: hubId });
    }
    this.#plan(now);
  }

  nextDeadline(): Millis {
    const { store } = this.#o;
    const ripe = Math.min(store.nextExpiry, this.#ripeAt);
    return ripe === Number.POSITIVE_INFINITY ? ripe : Math.max(ripe, this.#lookedAt + this.#spacing());
  }

  tick(now: Millis, out: Outbox): void {
    if (this.nextDeadline() > now) return;
    this.#lookedAt = now;
    const { store, catalog, config, log } = this.#o;
    log.forget(
      store.expire(now, (rumor) => this.#isNeeded(rumor)),
      out,
    );
    const gapped = new Set(store.gapped());
    for (const [hubId, since] of this.#goneSince) {
      if (gapped.has(hubId) && now - since >= GAP_PATIENCE_MS) store.giveUpGaps(hubId);
      const long = now - since >= config.registry.tombstoneTtlMs;
      if (!long || catalog.claims.ownedBy(hubId).size > 0) continue;
      store.collect(hubId, now);
      if (!catalog.hub(hubId)) this.#goneSince.delete(hubId);
    }
    this.#plan(now);
  }

  /** The next age at which one of those that are gone is looked at. */
  #plan(now: Millis): void {
    const { tombstoneTtlMs } = this.#o.config.registry;
    let next = Number.POSITIVE_INFINITY;
    for (const [hubId, since] of this.#goneSince) {
      for (const age of [GAP_PATIENCE_MS, tombstoneTtlMs]) if (since + age > now) next = Math.min(next, since + age);
      // It still owns clusters that nobody has taken over.
      if (now >= since + tombstoneTtlMs && this.#o.store.holds(hubId)) next = Math.min(next, now + RECHECK_MS);
    }
    this.#ripeAt = next;
  }

  #spacing(): DurationMs {
    return Math.min(SPACING_MS, this.#o.config.limits.cleanupIntervalMs);
  }

  /** A tombstone stays while it keeps something from coming back, a hub's record while the hub still owns clusters. */
  #isNeeded({ origin, body }: Rumor): boolean {
    const { catalog } = this.#o;
    if (body.kind === "tombstone") {
      return catalog.claims.winner(body.clusterId)?.origin === origin && catalog.claims.hidesAnother(body.clusterId);
    }
    return body.kind === "hub" && catalog.claims.ownedBy(origin).size > 0;
  }
}
