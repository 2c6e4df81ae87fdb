/**
 * How long a round trip from a client to a cluster takes, from the best source there is:
 * `measured` (a fresh report of this very pair, or of the two places), `estimated` (kriging over what hubs and clients measured, where something
 * was measured near both ends), `geographic` (great circle at 2/3 c with the usual detour, plus a base).
 */
import type { CatalogView, ClusterView } from "../common/catalog-view.ts";
import { hash32 } from "../common/random.ts";
import type { Coordinates, DurationMs } from "../common/types.ts";
import { arcKm, cellKey, cellOf, fibreMs, type UnitVector, unitVector } from "./great-circle.ts";
import { type Affinity, Kriging, MAX_OBSERVATIONS, type PairObservation, priorMs, type Vantage } from "./kriging.ts";
import type { Position } from "./question.ts";

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
  readonly at: UnitVector;
  readonly affinity: Affinity | null;
}

/** Where a client stands. */
export interface ClientVantage {
  readonly cell: string;
  readonly at: UnitVector;
  readonly vantage: Vantage | null;
  readonly reports: ReadonlyMap<string, DurationMs> | null;
}

interface Evidence {
  readonly places: readonly UnitVector[];
  readonly pairs: readonly PairObservation[];
  /** Mean round trip by pair of cells, also of those that the model has no room for. */
  readonly measured: ReadonlyMap<string, DurationMs>;
  /** Equal exactly when the fitted model is. */
  readonly fingerprint: string;
}

export class LatencyModel {
  readonly #evidence: Evidence;
  readonly #kriging: Kriging | null;
  /** from → to → ms. */
  readonly #reports: ReadonlyMap<string, ReadonlyMap<string, DurationMs>>;

  /** Refits only when the evidence moved; `previous` may be of any earlier view. */
  static of(view: CatalogView, previous: LatencyModel | null = null): LatencyModel {
    const evidence = gather(view);
    const kept = previous !== null && previous.fingerprint === evidence.fingerprint;
    return new LatencyModel(
      evidence,
      kept ? previous.#kriging : Kriging.fit(evidence.places, evidence.pairs),
      freshReports(view),
    );
  }

  private constructor(
    evidence: Evidence,
    kriging: Kriging | null,
    reports: ReadonlyMap<string, ReadonlyMap<string, DurationMs>>,
  ) {
    this.#evidence = evidence;
    this.#kriging = kriging;
    this.#reports = reports;
  }

  /** Equal for models that estimate alike; reports of single pairs are not part of it. */
  get fingerprint(): string {
    return this.#evidence.fingerprint;
  }

  site(coordinates: Coordinates): Site {
    const cell = cellOf(coordinates);
    const at = unitVector(cell);
    const affinity = this.#kriging?.affinity(at) ?? null;
    return { cell: cellKey(cell), at, affinity: affinity && isSupported(affinity) ? affinity : null };
  }

  /** All clients of one cell share a vantage. */
  client(position: Position): ClientVantage {
    const { cell, at, affinity } = this.site(position);
    const vantage = this.#kriging && affinity ? this.#kriging.vantage(affinity) : null;
    return {
      cell,
      at,
      vantage,
      reports: position.place === undefined ? null : (this.#reports.get(position.place) ?? null),
    };
  }

  /** What was told of this very pair, or null. */
  measured(client: ClientVantage, to: string): DurationMs | null {
    return client.reports?.get(to) ?? null;
  }

  /** Without reports: by position alone. */
  predict(client: ClientVantage, site: Site): Prediction {
    const told = this.#evidence.measured.get(pairKey(client.cell, site.cell));
    if (told !== undefined) return { ms: told, source: "measured" };
    const km = arcKm(client.at, site.at);
    if (!this.#kriging || !client.vantage || !site.affinity) return { ms: priorMs(km), source: "geographic" };
    return { ms: Math.max(fibreMs(km), this.#kriging.predict(client.vantage, site.affinity)), source: "estimated" };
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
    const to = view.hub(record.to)?.coordinates ?? view.cluster(record.to)?.record.coordinates;
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
  const placeOf = (cell: Coordinates): number => {
    const known = indexOf.get(cellKey(cell));
    if (known !== undefined) return known;
    indexOf.set(cellKey(cell), places.length);
    return places.push(unitVector(cell)) - 1;
  };
  let fingerprint = "";
  const pairs = kept.map(({ key, a, b, ms, count }) => {
    const step = Math.round(Math.log2(ms / count) * STEPS_PER_OCTAVE);
    fingerprint += `${key}=${step};`;
    return { a: placeOf(a), b: placeOf(b), rttMs: 2 ** (step / STEPS_PER_OCTAVE) };
  });
  const measured = new Map([...sums].map(([key, { ms, count }]) => [key, ms / count]));
  return { places, pairs, measured, fingerprint };
}

function pairKey(one: string, other: string): string {
  return one < other ? `${one}>${other}` : `${other}>${one}`;
}

/** Of several reports of one pair the newest counts; of equally new ones the lowest. */
function freshReports(view: CatalogView): ReadonlyMap<string, ReadonlyMap<string, DurationMs>> {
  const newest = new Map<string, Map<string, { ms: number; at: number }>>();
  const add = (from: string, to: string, ms: number, at: number): void => {
    const row = newest.get(from) ?? new Map<string, { ms: number; at: number }>();
    const known = row.get(to);
    if (!known || at > known.at || (at === known.at && ms < known.ms)) row.set(to, { ms, at });
    newest.set(from, row);
  };
  for (const { record } of view.latencies()) {
    if (isFresh(record.observedAt, view)) add(record.from, record.to, record.rttMs, record.observedAt);
  }
  for (const cluster of view.clusters()) addCheck(cluster, add);
  return new Map([...newest].map(([from, row]) => [from, new Map([...row].map(([to, { ms }]) => [to, ms]))]));
}

/** A hub's health checks are reports from that hub. */
function addCheck(
  { owner, record }: ClusterView,
  add: (from: string, to: string, ms: number, at: number) => void,
): void {
  if (record.checkRttMs !== null) add(owner, record.clusterId, record.checkRttMs, record.updatedAt);
}

function isFresh(observedAt: number, view: CatalogView): boolean {
  return view.changedAt - observedAt <= REPORT_FRESH_MS;
}
