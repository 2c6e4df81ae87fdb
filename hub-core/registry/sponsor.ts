/**
 * A region whose regional hub is gone is orphaned while nobody stands in for it: nobody outside hears of its local hubs. The nearest living regional or
 * global hub sponsors it: it visits each of them, and tells the others which are gone. Visits begin with the suspicion, so
 * that one verdict is ready with the other; while the regional hub is not failed, its word counts and the sponsor's does not.
 * Twice refused is gone; without a refusal it takes the silence that a paused hub is allowed.
 */
import type { HubView } from "../common/catalog-view.ts";
import type { Outbox } from "../common/outbox.ts";
import type { DurationMs, HubId, HubIdentity, Millis } from "../common/types.ts";
import { isGone, recordKeys } from "../wire/catalog.ts";
import type { Catalog } from "./catalog.ts";
import type { OwnLog } from "./own-log.ts";
import { sayOf, wordOf } from "./spokesman.ts";
import type { Succession } from "./succession.ts";

export interface SponsorOptions {
  readonly self: HubIdentity;
  readonly catalog: Catalog;
  readonly log: OwnLog;
  readonly succession: Succession;
  /** A hub may be silent this long: two visits, back to back. */
  readonly pauseToleranceMs: DurationMs;
  readonly withdrawnTtlMs: DurationMs;
}

interface Visits {
  misses: number;
  /** When the first of the visits began that were not answered since; null: the last was answered. */
  missingSince: Millis | null;
  /** One of them was not refused but heard nothing: what is reported of it later is no refusal either. */
  silent: boolean;
  startedAt: Millis;
  /** When the next visit starts, or, while one is under way, when it is given up. */
  nextAt: Millis;
  underWay: boolean;
}

const SECOND_LOOK_MS = 500;
/** This hub had no dial to spare for the visit. */
const NO_DIAL_MS = 250;
const REVISIT_MS = 5_000;
const MISSES_TO_FAIL = 2;
/** A dial that fails later than this was not refused. */
const REFUSED_WITHIN_MS = 1_000;

export class Sponsor {
  readonly #o: SponsorOptions;
  readonly #visits = new Map<HubId, Visits>();
  #seenHubs = -1;

  constructor(options: SponsorOptions) {
    this.#o = options;
  }

  nextDeadline(): Millis {
    let next = Number.POSITIVE_INFINITY;
    for (const { nextAt } of this.#visits.values()) next = Math.min(next, nextAt);
    return next;
  }

  /** After any change to a hub's view: which hubs are to be visited, and which words are to be taken back. */
  review(now: Millis, out: Outbox): void {
    const { catalog } = this.#o;
    if (catalog.hubsVersion === this.#seenHubs) return;
    this.#seenHubs = catalog.hubsVersion;
    const wards = this.#wards();
    for (const hubId of wards) {
      if (!this.#visits.has(hubId)) {
        this.#visits.set(hubId, { ...UNVISITED, startedAt: now, nextAt: now });
      }
    }
    for (const hubId of this.#visits.keys()) if (!wards.has(hubId)) this.#visits.delete(hubId);
    this.#takeBack(wards, now, out);
  }

  tick(now: Millis, out: Outbox): void {
    for (const [hubId, visits] of this.#visits) {
      if (visits.nextAt > now) continue;
      if (visits.underWay) {
        visits.silent = true;
        this.visited(hubId, false, now, out);
      }
      if (!visits.underWay && visits.nextAt <= now) {
        if (out.dial(hubId)) this.#begun(visits, now);
        else visits.nextAt = now + NO_DIAL_MS;
      }
    }
  }

  visited(hubId: HubId, answered: boolean, now: Millis, out: Outbox): void {
    const visits = this.#visits.get(hubId);
    const view = this.#o.catalog.hub(hubId);
    if (!visits?.underWay || !view) return;
    visits.underWay = false;
    if (answered) Object.assign(visits, UNVISITED);
    else this.#missed(visits, now);
    const settled = answered || this.#isGone(visits, now);
    visits.nextAt = now + (settled ? REVISIT_MS : visits.silent ? 0 : SECOND_LOOK_MS);
    if (!settled) return;
    const state = answered ? "alive" : "failed";
    const said = wordOf(this.#o.log, hubId);
    if (view.state === state && (said ? said.state === state : true)) return;
    sayOf(this.#o.log, { kind: "hub-state", hubId, incarnation: view.incarnation, state, since: now }, now, out);
  }

  #begun(visits: Visits, now: Millis): void {
    visits.underWay = true;
    visits.startedAt = now;
    visits.missingSince ??= now;
    visits.nextAt = now + this.#o.pauseToleranceMs / MISSES_TO_FAIL;
  }

  #missed(visits: Visits, now: Millis): void {
    visits.misses += 1;
    if (now - visits.startedAt >= REFUSED_WITHIN_MS) visits.silent = true;
  }

  #isGone({ misses, silent, missingSince }: Visits, now: Millis): boolean {
    if (misses < MISSES_TO_FAIL || missingSince === null) return false;
    return !silent || now - missingSince >= this.#o.pauseToleranceMs;
  }

  /** The local hubs of the regions that this hub sponsors. */
  #wards(): Set<HubId> {
    const { self, catalog, succession } = this.#o;
    const wards = new Set<HubId>();
    if (self.tier === "local") return wards;
    for (const regional of [...catalog.hubs()].filter(isOrphaning)) {
      if (
        regional.hubId === self.hubId ||
        catalog.directory.hasStandIn(regional.hubId) ||
        succession.sponsorOf(regional) !== self.hubId
      )
        continue;
      for (const child of catalog.directory.childrenOf(regional.hubId)) {
        if (catalog.hub(child)?.state !== "left") wards.add(child);
      }
    }
    return wards;
  }

  /** Once the regional hub lives again its word counts, or a new sponsor's does. */
  #takeBack(wards: ReadonlySet<HubId>, now: Millis, out: Outbox): void {
    const { self, catalog, log, withdrawnTtlMs } = this.#o;
    for (const { body } of log.rumors()) {
      if (body.kind !== "hub-state" || wards.has(body.hubId) || catalog.directory.isMember(body.hubId)) continue;
      const view = catalog.hub(body.hubId);
      const parent = view?.parent ?? null;
      if (parent === null || parent === self.hubId) continue;
      const coordinator = catalog.directory.coordinatorOf(parent);
      // As a stand-in this hub has the word itself.
      if (coordinator === null || coordinator.hubId === self.hubId) continue;
      const key = recordKeys.hubState(body.hubId);
      const expiresAt = now + withdrawnTtlMs;
      log.publish(
        { key, body: { kind: "withdrawn", incarnation: 0 }, priority: "normal", expiresAt, durable: true },
        now,
        out,
      );
    }
  }
}

const UNVISITED = { misses: 0, missingSince: null, silent: false, underWay: false } as const;

function isOrphaning(hub: HubView): boolean {
  return hub.tier === "regional" && (hub.state === "suspect" || isGone(hub.state));
}
