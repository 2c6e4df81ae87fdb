/**
 * How long a round trip from a client to a cluster takes, from the best source there is:
 * `measured` (a fresh report of this very pair, or of the two places), `estimated` (kriging over what hubs and clients measured, where something
 * was measured near both ends), `geographic` (fibre along the ways that traffic takes, plus a base).
 */
import type { CatalogView } from "../common/catalog-view.ts";
import { fibreRttMs } from "../common/great-circle.ts";
import { hash32 } from "../common/random.ts";
import type { Coordinates, DurationMs, Millis } from "../common/types.ts";
import type { LatencyRecord } from "../wire/catalog.ts";
import { arcKm, cellKey, cellOf, fibreMs, type UnitVector, unitVector } from "./great-circle.ts";
import {
  type Affinity,
  Kriging,
  MAX_OBSERVATIONS,
  type PairObservation,
  priorDeviation,
  type Vantage,
} from "./kriging.ts";
import type { Belief } from "./measurement-plan.ts";
import { positionOf } from "./position-of.ts";
import type { Position } from "./question.ts";
import { type Ground, geographicMs, groundOf, type Outlook, outlookOf } from "./ways.ts";

export const LATENCY_SOURCES = ["measured", "estimated", "geographic"] as const;
export type LatencySource = (typeof LATENCY_SOURCES)[number];

/** Reports older than this, counted from the newest change of the catalog, no longer count. */
export const REPORT_FRESH_MS = 24 * 3_600_000;
/** Farther from every measured place than this, the model knows no more than geography. */
const SUPPORT_KM = 1_500;
/** Measurements move the model in steps of 1/64 octave (1 %): jitter does not refit it. */
const STEPS_PER_OCTAVE = 64;

export interface Prediction {
  readonly ms: DurationMs;
  readonly source: LatencySource;
}

/** Where a cluster or hub stands, as the model sees it. */
export interface Site {
  readonly cell: string;
  readonly ground: Ground;
  readonly affinity: Affinity | null;
}

/** Where a client stands. */
export interface ClientVantage {
  readonly cell: string;
  readonly outlook: Outlook;
  readonly vantage: Vantage | null;
  /** Measured from this very cell, by cell. */
  readonly measured: ReadonlyMap<string, DurationMs> | null;
  /** Told of this very client, by hub or cluster. */
  readonly reports: ReadonlyMap<string, DurationMs> | null;
}

interface Evidence {
  readonly places: readonly UnitVector[];
  readonly pairs: readonly PairObservation[];
  /** Mean round trip by cell and cell, both ways, also of pairs that the model has no room for. */
  readonly measured: ReadonlyMap<string, ReadonlyMap<string, DurationMs>>;
  /** Equal exactly when the fitted model is. */
  readonly fingerprint: string;
}

type Reports = ReadonlyMap<string, ReadonlyMap<string, DurationMs>>;

export class LatencyModel {
  /** Of the catalog's newest change: past it a report is too old, and the model to be made again. */
  readonly validUntil: Millis;
  readonly #evidence: Evidence;
  readonly #kriging: Kriging | null;
  /** from → to → ms. */
  readonly #reports: Reports;

  /** Refits only when the evidence moved; `previous` may be of any earlier view. */
  static of(view: CatalogView, previous: LatencyModel | null = null): LatencyModel {
    const evidence = gather(view);
    const kept = previous !== null && previous.fingerprint === evidence.fingerprint;
    const kriging = kept ? previous.#kriging : Kriging.fit(evidence.places, evidence.pairs);
    return new LatencyModel(evidence, kriging, freshReports(view), freshUntil(view));
  }

  private constructor(evidence: Evidence, kriging: Kriging | null, reports: Reports, validUntil: Millis) {
    this.#evidence = evidence;
    this.#kriging = kriging;
    this.#reports = reports;
    this.validUntil = validUntil;
  }

  /** Equal for models that estimate alike; reports of single pairs are not part of it. */
  get fingerprint(): string {
    return this.#evidence.fingerprint;
  }

  /** Measured places: what an estimate costs. */
  get places(): number {
    return this.#evidence.places.length;
  }

  site(coordinates: Coordinates): Site {
    const cell = cellOf(coordinates);
    const ground = groundOf(unitVector(cell));
    const affinity = this.#kriging?.affinity(ground.at) ?? null;
    return { cell: cellKey(cell), ground, affinity: affinity && isSupported(affinity) ? affinity : null };
  }

  /** All clients of one cell share a vantage. */
  client(position: Position): ClientVantage {
    const { cell, ground, affinity } = this.site(position);
    const vantage = this.#kriging && affinity ? this.#kriging.vantage(affinity) : null;
    return {
      cell,
      outlook: outlookOf(ground),
      vantage,
      measured: this.#evidence.measured.get(cell) ?? null,
      reports: position.place === undefined ? null : (this.#reports.get(position.place) ?? null),
    };
  }

  /** What was told of this very pair, or null. */
  measured(client: ClientVantage, to: string): DurationMs | null {
    return client.reports?.get(to) ?? null;
  }

  /** Without reports: by position alone. */
  predict(client: ClientVantage, site: Site): Prediction {
    const told = client.measured?.get(site.cell);
    if (told !== undefined) return { ms: told, source: "measured" };
    const ms = geographicMs(client.outlook, site.ground);
    if (!this.#kriging || !client.vantage || !site.affinity) return { ms, source: "geographic" };
    const least = fibreMs(arcKm(client.outlook.at, site.ground.at));
    return { ms: Math.max(least, ms * this.#kriging.slowdown(client.vantage, site.affinity)), source: "estimated" };
  }

  /** What is known of a prediction, and how surely. */
  belief(client: ClientVantage, site: Site): Belief {
    const { ms, source } = this.predict(client, site);
    if (source === "measured") return { mean: ms, deviation: 0 };
    const learnt = this.#kriging && client.vantage && site.affinity;
    const deviation = learnt
      ? this.#kriging.deviation(client.vantage.from, site.affinity)
      : priorDeviation(arcKm(client.outlook.at, site.ground.at));
    return { mean: ms, deviation: ms * deviation };
  }

  /** Between two places: what an unmeasured edge of the graph is taken for. */
  between(a: Coordinates, b: Coordinates): Prediction {
    return this.predict(this.client({ ...a, source: "request" }), this.site(b));
  }
}

function isSupported(affinity: Affinity): boolean {
  return affinity.near.length > 0 && affinity.nearestKm <= SUPPORT_KM;
}

/** Every measured pair of places with its mean round trip, in an order that does not depend on the view's. */
function gather(view: CatalogView): Evidence {
  const sums = new Map<string, { a: Coordinates; b: Coordinates; ms: number; count: number }>();
  const add = (one: Coordinates, other: Coordinates, ms: number): void => {
    if (isImpossible(one, other, ms)) return;
    const a = cellOf(one);
    const b = cellOf(other);
    const key = pairKey(cellKey(a), cellKey(b));
    if (cellKey(a) === cellKey(b) || ms <= 0) return;
    const sum = sums.get(key) ?? { a, b, ms: 0, count: 0 };
    sum.ms += ms;
    sum.count += 1;
    sums.set(key, sum);
  };
  for (const { origin, record } of view.links()) {
    const from = view.hub(origin);
    for (const link of record.links) {
      const to = view.hub(link.peer);
      if (from && to) add(from.coordinates, to.coordinates, link.rttMs);
    }
  }
  for (const { owner, record } of view.clusters()) {
    const hub = view.hub(owner);
    if (hub && record.checkRttMs !== null) add(hub.coordinates, record.coordinates, record.checkRttMs);
  }
  for (const { record } of view.latencies()) {
    const to = positionOf(record.to, view);
    if (record.coordinates && to && isFresh(record.observedAt, view)) add(record.coordinates, to, record.rttMs);
  }
  return evidenceOf(sums);
}

/** Past MAX_OBSERVATIONS pairs, those with the lowest hash stay: the same ones at every hub. */
function evidenceOf(
  sums: ReadonlyMap<
    string,
    { readonly a: Coordinates; readonly b: Coordinates; readonly ms: number; readonly count: number }
  >,
): Evidence {
  const kept = [...sums]
    .map(([key, sum]) => ({ key, hash: hash32(key), ...sum }))
    .sort((x, y) => x.hash - y.hash || (x.key < y.key ? -1 : 1))
    .slice(0, MAX_OBSERVATIONS);
  const indexOf = new Map<string, number>();
  const places: UnitVector[] = [];
  const grounds: Ground[] = [];
  const placeOf = (cell: Coordinates): number => {
    const known = indexOf.get(cellKey(cell));
    if (known !== undefined) return known;
    indexOf.set(cellKey(cell), places.length);
    const ground = groundOf(unitVector(cell));
    grounds.push(ground);
    return places.push(ground.at) - 1;
  };
  let fingerprint = "";
  const pairs = kept.map(({ key, a, b, ms, count }) => {
    const step = Math.round(Math.log2(ms / count) * STEPS_PER_OCTAVE);
    fingerprint += `${key}=${step};`;
    const ends = { a: placeOf(a), b: placeOf(b) };
    const priorMs = geographicMs(outlookOf(grounds[ends.a] as Ground), grounds[ends.b] as Ground);
    return { ...ends, rttMs: 2 ** (step / STEPS_PER_OCTAVE), priorMs };
  });
  const measured = new Map<string, Map<string, DurationMs>>();
  for (const { a, b, ms, count } of sums.values()) {
    put(measured, cellKey(a), cellKey(b), ms / count);
    put(measured, cellKey(b), cellKey(a), ms / count);
  }
  return { places, pairs, measured, fingerprint };
}

function pairKey(one: string, other: string): string {
  return one < other ? `${one}>${other}` : `${other}>${one}`;
}

/** Of several reports of one pair the newest counts, of equally new ones the lowest. A hub's own checks go before all. */
function freshReports(view: CatalogView): Reports {
  const newest = new Map<string, Map<string, LatencyRecord>>();
  for (const { record } of view.latencies()) {
    if (!isFresh(record.observedAt, view)) continue;
    const from = record.coordinates ?? positionOf(record.from, view);
    const to = positionOf(record.to, view);
    if (from && to && isImpossible(from, to, record.rttMs)) continue;
    const known = newest.get(record.from)?.get(record.to);
    const newer = !known || record.observedAt > known.observedAt;
    if (newer || (record.observedAt === known.observedAt && record.rttMs < known.rttMs)) {
      put(newest, record.from, record.to, record);
    }
  }
  const reports = new Map<string, Map<string, DurationMs>>();
  for (const [from, row] of newest) for (const [to, { rttMs }] of row) put(reports, from, to, rttMs);
  for (const { owner, record } of view.clusters()) {
    const hub = view.hub(owner);
    if (record.checkRttMs === null || !hub) continue;
    if (!isImpossible(hub.coordinates, record.coordinates, record.checkRttMs)) {
      put(reports, owner, record.clusterId, record.checkRttMs);
    }
  }
  return reports;
}

function put<V>(rows: Map<string, Map<string, V>>, from: string, to: string, value: V): void {
  const row = rows.get(from);
  if (row) row.set(to, value);
  else rows.set(from, new Map([[to, value]]));
}

/**
 * Faster than light in fibre between where the two say they stand: one of them is elsewhere (a region that runs in one room,
 * a cluster behind an anycast address), so it says nothing of the way between those places.
 */
function isImpossible(one: Coordinates, other: Coordinates, ms: DurationMs): boolean {
  return ms < fibreRttMs(one, other);
}

function isFresh(observedAt: Millis, view: CatalogView): boolean {
  return view.changedAt - observedAt <= REPORT_FRESH_MS;
}

function freshUntil(view: CatalogView): Millis {
  let until = Infinity;
  for (const { record } of view.latencies()) {
    if (isFresh(record.observedAt, view)) until = Math.min(until, record.observedAt + REPORT_FRESH_MS);
  }
  return until;
}
