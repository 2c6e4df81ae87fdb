/** What a hub says of itself: that it is there, how full it is, what its links measure, what its region offers. */
import type { Outbox } from "../common/outbox.ts";
import type { HubIdentity, Millis } from "../common/types.ts";
import type { HubConfig } from "../config/hub-config.ts";
import { type HubRecord, type Leadership, type LinksRecord, recordKeys, type SummaryRecord } from "../wire/catalog.ts";
import type { Catalog } from "./catalog.ts";
import { isNews, LinkTrips, linksRecord, type MeasuredLink } from "./links-record.ts";
import type { OwnLog } from "./own-log.ts";
import type { OwnedClusters } from "./owned-clusters.ts";
import { sameSummary, summaryOf } from "./summary.ts";

export interface SelfRecordsOptions {
  readonly self: HubIdentity;
  readonly incarnation: number;
  readonly config: HubConfig;
  readonly replica: number;
  readonly softwareVersion: string;
  readonly catalog: Catalog;
  readonly log: OwnLog;
  readonly owned: OwnedClusters;
}

/** A hundred registrations in a row are one change of the hub's own record. */
const COALESCE_MS = 500;
const SUMMARY_SPACING_MS = 5_000;
/** Between two words to those that take this hub for what it is not. */
const MISTAKEN_SPACING_MS = 5_000;
/** The hub's record expires with its tombstones, and is renewed this often before: a hub long gone is forgotten. */
const RENEWALS_PER_TTL = 4;

export class SelfRecords {
  readonly #o: SelfRecordsOptions;
  #startedAt: Millis = 0;
  #draining = false;
  #cutOffSince: Millis | null = null;
  #logs: HubRecord["logs"] = [];
  #leads: readonly Leadership[] = [];
  #hubAt: Millis = Number.POSITIVE_INFINITY;
  #hubToldAt: Millis = Number.NEGATIVE_INFINITY;
  #summaryAt: Millis = Number.POSITIVE_INFINITY;
  #summarisedAt: Millis = Number.NEGATIVE_INFINITY;
  #seenVersion = -1;
  #links: LinksRecord | undefined;
  readonly #trips = new LinkTrips();
  #toldRoom = true;

  constructor(options: SelfRecordsOptions) {
    this.#o = options;
  }

  get draining(): boolean {
    return this.#draining;
  }

  start(now: Millis, out: Outbox): void {
    this.#startedAt = now;
    const hub = this.#o.log.newest(recordKeys.hub)?.body;
    if (hub?.kind === "hub") this.#draining = hub.draining;
    const links = this.#o.log.newest(recordKeys.links)?.body;
    if (links?.kind === "links") {
      this.#links = links;
      this.#trips.know(links.links);
    }
    this.#publishHub(now, out);
  }

  setDraining(draining: boolean, now: Millis, out: Outbox): void {
    if (draining === this.#draining) return;
    this.#draining = draining;
    this.#publishHub(now, out);
  }

  setCutOff(since: Millis | null, now: Millis, out: Outbox): void {
    // How long it lasts is counted from the first.
    if ((since === null) === (this.#cutOffSince === null)) return;
    this.#cutOffSince = since;
    this.#publishHub(now, out);
  }

  setLogs(logs: HubRecord["logs"], now: Millis, out: Outbox): void {
    this.#logs = logs;
    this.#publishHub(now, out);
  }

  /** The groups that this hub coordinates now. */
  setLeads(leads: readonly Leadership[], now: Millis, out: Outbox): void {
    if (leads.length === this.#leads.length && leads.every((each, i) => sameLeadership(each, this.#leads[i]))) return;
    this.#leads = leads;
    this.#seenVersion = -1;
    this.#publishHub(now, out);
  }

  get leads(): readonly Leadership[] {
    return this.#leads;
  }

  /** The number of own clusters has changed. That there is no more room, or room again, is told at once. */
  counted(now: Millis): void {
    const turned = this.#o.owned.hasRoom !== this.#toldRoom;
    this.#hubAt = Math.min(this.#hubAt, turned ? now : now + COALESCE_MS);
  }

  /**
   * Someone takes this hub for the replica that it was. Its record may have come to them by way of a hub of an older version,
   * which passes on only what it can read: under a new number it goes the way of now.
   */
  mistaken(now: Millis): void {
    this.#hubAt = Math.min(this.#hubAt, Math.max(now, this.#hubToldAt + MISTAKEN_SPACING_MS));
  }

  setLinks(looked: readonly MeasuredLink[], now: Millis, out: Outbox): void {
    const measured = this.#trips.of(looked);
    if (!isNews(this.#links, measured, now)) return;
    this.#links = linksRecord(measured, now);
    const { log } = this.#o;
    log.publish(
      { key: recordKeys.links, body: this.#links, priority: "bulk", expiresAt: null, durable: true },
      now,
      out,
    );
  }

  /** After any change of the catalog. */
  review(now: Millis): void {
    const { self, catalog } = this.#o;
    if (!this.#summarises(self) || catalog.version === this.#seenVersion) return;
    this.#seenVersion = catalog.version;
    this.#summaryAt = Math.min(this.#summaryAt, Math.max(now, this.#summarisedAt + SUMMARY_SPACING_MS));
  }

  /** The regional hub, and whoever stands in for it. */
  #summarises({ tier, parent }: HubIdentity): boolean {
    return tier === "regional" || this.#leads.some((lead) => lead.parent === parent && lead.above !== null);
  }

  /** All of it again, under new numbers. */
  republish(now: Millis, out: Outbox): void {
    this.#publishHub(now, out);
    this.#links = undefined;
    this.#summaryAt = Math.min(this.#summaryAt, now);
  }

  nextDeadline(): Millis {
    return Math.min(this.#hubAt, this.#summaryAt);
  }

  tick(now: Millis, out: Outbox): void {
    if (this.#hubAt <= now) this.#publishHub(now, out);
    if (this.#summaryAt <= now) this.#publishSummary(now, out);
  }

  #publishHub(now: Millis, out: Outbox): void {
    const { self, config, owned, log, incarnation, softwareVersion } = this.#o;
    const { tombstoneTtlMs } = config.registry;
    this.#toldRoom = owned.hasRoom;
    this.#hubToldAt = now;
    this.#hubAt = now + tombstoneTtlMs / RENEWALS_PER_TTL;
    const body: HubRecord = {
      kind: "hub",
      tier: self.tier,
      region: self.region,
      coordinates: self.coordinates,
      parent: self.parent,
      address: self.address,
      incarnation,
      clusters: owned.size,
      capacity: owned.capacity,
      load: owned.capacity > 0 ? Math.round((100 * owned.size) / owned.capacity) / 100 : 1,
      draining: this.#draining,
      softwareVersion,
      startedAt: this.#startedAt,
      cutOffSince: this.#cutOffSince,
      replica: this.#o.replica,
      logs: this.#logs,
      leads: this.#leads,
    };
    const expiresAt = now + tombstoneTtlMs;
    log.publish({ key: recordKeys.hub, body, priority: "normal", expiresAt, durable: true }, now, out);
  }

  #publishSummary(now: Millis, out: Outbox): void {
    this.#summaryAt = Number.POSITIVE_INFINITY;
    this.#summarisedAt = now;
    const { self, catalog, log } = this.#o;
    const body = summaryOf(catalog, self.region, now);
    const said = log.newest(recordKeys.summary)?.body;
    if (said?.kind === "summary" && sameSummary(said satisfies SummaryRecord, body)) return;
    log.publish({ key: recordKeys.summary, body, priority: "bulk", expiresAt: null, durable: false }, now, out);
    this.#seenVersion = catalog.version;
  }
}

function sameLeadership(a: Leadership, b: Leadership | undefined): boolean {
  return a.parent === b?.parent && a.term === b.term && a.above === b.above;
}
