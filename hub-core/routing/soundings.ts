/**
 * A few round trips that nobody measures by the way: now and then a hub checks a cluster of another owner, the one whose
 * distance its own clients would gain most from knowing, and tells what it found as a report from itself.
 */
import type { CatalogView, ClusterView } from "../common/catalog-view.ts";
import type { Check, CheckOutcome, Outbox } from "../common/outbox.ts";
import { hash32 } from "../common/random.ts";
import type { ClusterId, DurationMs, HubIdentity, Millis } from "../common/types.ts";
import { recordKeys } from "../wire/catalog.ts";
import { cellKey, cellOf } from "./great-circle.ts";
import type { LatencyModel } from "./latency-model.ts";
import type { LatencyPublication } from "./latency-report.ts";
import { worthMeasuring } from "./measurement-plan.ts";

export const SOUNDING_EVERY_MS: DurationMs = 600_000;
/** Each pair has two ends: a twentieth of the places from each makes a tenth of the pairs. */
const SHARE_OF_PLACES = 0.05;
/** Places that are weighed against each other; the work grows with their square. */
const MAX_PLACES = 128;
/** Checks of one sounding. The first may pay for a connection, and queues only ever add: the least counts. */
const SAMPLES = 3;
const GRACE_MS: DurationMs = 1_000;
/** Checks by the owner of a cluster count from zero: the two never meet. */
const FIRST_TOKEN = 2 ** 40;

interface Sounding {
  readonly check: Check;
  readonly giveUpAt: Millis;
  readonly left: number;
  readonly leastMs: DurationMs;
}

interface Place {
  readonly key: string;
  readonly clusterId: ClusterId;
  readonly check: { readonly url: string; readonly timeoutMs: DurationMs };
}

export class Soundings {
  readonly #self: HubIdentity;
  readonly #view: CatalogView;
  readonly #model: () => LatencyModel;
  #nextAt: Millis | null = null;
  #token = FIRST_TOKEN;
  #underWay: Sounding | null = null;

  constructor(self: HubIdentity, view: CatalogView, model: () => LatencyModel) {
    this.#self = self;
    this.#view = view;
    this.#model = model;
  }

  nextDeadline(): Millis {
    return this.#underWay?.giveUpAt ?? this.#nextAt ?? 0;
  }

  /** Hubs take their turns spread over the interval. */
  tick(now: Millis, out: Outbox): void {
    this.#nextAt ??= now + (hash32(this.#self.hubId) / 0x1_0000_0000) * SOUNDING_EVERY_MS;
    if (this.#underWay && now >= this.#underWay.giveUpAt) this.#underWay = null;
    if (this.#underWay || now < this.#nextAt) return;
    this.#nextAt = now + SOUNDING_EVERY_MS;
    const place = this.#choose();
    if (place) this.#check(place.clusterId, place.check, SAMPLES, Infinity, now, out);
  }

  awaits(token: number): boolean {
    return this.#underWay?.check.token === token;
  }

  /** @returns what to tell, once the last check has answered. A cluster that does not answer tells nothing. */
  checked(token: number, outcome: CheckOutcome, now: Millis, out: Outbox): LatencyPublication | null {
    const held = this.#underWay;
    if (held?.check.token !== token) return null;
    this.#underWay = null;
    if (outcome.kind !== "answered") return null;
    const { clusterId, url, timeoutMs } = held.check;
    const leastMs = Math.min(held.leastMs, outcome.latencyMs);
    if (held.left > 1) {
      this.#check(clusterId, { url, timeoutMs }, held.left - 1, leastMs, now, out);
      return null;
    }
    const { hubId, coordinates } = this.#self;
    const rttMs = Math.round(leastMs * 10) / 10;
    return {
      key: recordKeys.latency(hubId, clusterId),
      record: { kind: "latency", from: hubId, coordinates, to: clusterId, rttMs, observedAt: now },
    };
  }

  #check(
    clusterId: ClusterId,
    { url, timeoutMs }: Place["check"],
    left: number,
    leastMs: DurationMs,
    now: Millis,
    out: Outbox,
  ): void {
    this.#token += 1;
    const check = { clusterId, token: this.#token, url, timeoutMs };
    this.#underWay = { check, giveUpAt: now + timeoutMs + GRACE_MS, left, leastMs };
    out.check(check);
  }

  /** Null when nothing is worth it, or the budget is used up. */
  #choose(): Place | null {
    const told = this.#told();
    const places = this.#places();
    if (told.size >= Math.ceil(places.length * SHARE_OF_PLACES)) return null;
    const model = this.#model();
    const client = model.client({ ...this.#self.coordinates, source: "region" });
    const beliefs = places.map(({ key, at }) => {
      const belief = model.belief(client, model.site(at));
      // What was told and not believed would be told again and again.
      return told.has(key) ? { ...belief, deviation: 0 } : belief;
    });
    const worth = worthMeasuring(beliefs);
    return worth === null ? null : (places[worth] as Place);
  }

  /** Where this hub has told a round trip to, by cell. */
  #told(): ReadonlySet<string> {
    const told = new Set<string>();
    for (const { record } of this.#view.latencies()) {
      const to = record.from === this.#self.hubId ? this.#view.cluster(record.to) : undefined;
      if (to) told.add(cellKey(cellOf(to.record.coordinates)));
    }
    return told;
  }

  /** One cluster of each, the lowest id that others check; past the limit, the same places at every hub. */
  #places(): (Place & { readonly at: ClusterView["record"]["coordinates"] })[] {
    const places = new Map<string, Place & { readonly at: ClusterView["record"]["coordinates"] }>();
    for (const { owner, record } of this.#view.clusters()) {
      const { healthCheck: check, clusterId, coordinates: at } = record;
      if (check === null || record.state !== "passing" || owner === this.#self.hubId) continue;
      const key = cellKey(cellOf(at));
      const known = places.get(key);
      if (!known || clusterId < known.clusterId) places.set(key, { key, clusterId, check, at });
    }
    return [...places.values()]
      .sort((a, b) => hash32(a.key) - hash32(b.key) || (a.key < b.key ? -1 : 1))
      .slice(0, MAX_PLACES);
  }
}
