/**
 * Every cluster that offers one service, as parallel typed arrays in the order of their ids. What a heartbeat can change
 * (load, state, ramp, weight) is written in place, row by row; what shapes the arrays (who is in, where, under which traits) is not.
 */
import type { CatalogView, ClusterView } from "../common/catalog-view.ts";
import { hash32 } from "../common/random.ts";
import type { ClusterId, Coordinates, Millis } from "../common/types.ts";
import type { OfferedService } from "../wire/catalog.ts";
import { cellKey, cellOf } from "./great-circle.ts";
import { STRATEGIES, type Strategy } from "./question.ts";
import { stateRule } from "./rules.ts";
import { effectiveLoad, type FixedTerms, fixedTerms, STRATEGY_WEIGHTS, sum, weigh } from "./score.ts";

export interface Candidate {
  readonly cluster: ClusterView;
  readonly offered: OfferedService;
}

/** What questions ask for by name. Clusters of one release share them. */
export interface Traits {
  readonly version: string | null;
  readonly tags: readonly string[];
  readonly namespace: string;
  readonly jurisdiction: string | null;
}

export interface CandidateTable {
  readonly service: string;
  readonly size: number;
  readonly candidates: Candidate[];
  readonly rowOf: ReadonlyMap<ClusterId, number>;
  readonly idHash: Uint32Array;
  /** Distinct places; clusters of one city share one. */
  readonly sites: readonly Coordinates[];
  readonly siteOf: Int32Array;
  readonly traits: readonly Traits[];
  readonly traitsOf: Int32Array;
  /** 0, or 1 + the index of the rule that removes the candidate whatever is asked; maintenance windows aside. */
  readonly stateRule: Uint8Array;
  /** Rows with a maintenance window. */
  readonly windowed: readonly number[];
  /** When windows open and close, ascending: verdicts hold between two of them. */
  readonly boundaries: readonly Millis[];
  /** The sum of the terms that do not depend on the client, as each strategy counts them. */
  readonly fixed: Readonly<Record<Strategy, Float32Array>>;
  /** What spreading goes by: weight × capacity, and the part of it that is free. */
  readonly share: Float64Array;
  readonly freeShare: Float64Array;
  /** 0 when not ramping. */
  readonly rampFrom: Float64Array;
  readonly rampUntil: Float64Array;
}

/** Stands in for a cluster that names no capacity. */
const UNSTATED_CAPACITY = 100;

/** Null when no cluster offers the service. */
export function buildCandidateTable(view: CatalogView, service: string): CandidateTable | null {
  const candidates: Candidate[] = [];
  for (const cluster of view.clustersOffering(service)) {
    const candidate = candidateOf(cluster, service);
    if (candidate) candidates.push(candidate);
  }
  if (candidates.length === 0) return null;
  candidates.sort(byId);
  const size = candidates.length;
  const windows = candidates.map(({ cluster }) => cluster.record.maintenance);
  const table: CandidateTable = {
    service,
    size,
    candidates,
    rowOf: new Map(candidates.map(({ cluster }, row) => [cluster.record.clusterId, row])),
    idHash: Uint32Array.from(candidates, ({ cluster }) => hash32(cluster.record.clusterId)),
    ...groupBySite(candidates),
    ...groupByTraits(candidates),
    stateRule: new Uint8Array(size),
    windowed: windows.flatMap((window, row) => (window ? [row] : [])),
    boundaries: [...new Set(windows.flatMap((window) => (window ? [window.startsAt, window.endsAt] : [])))].sort(
      (a, b) => a - b,
    ),
    fixed: fixedColumns(size),
    share: new Float64Array(size),
    freeShare: new Float64Array(size),
    rampFrom: new Float64Array(size),
    rampUntil: new Float64Array(size),
  };
  for (let row = 0; row < size; row++) writeRow(table, row, candidates[row] as Candidate);
  return table;
}

/** What it offers under that name; names are unique within a cluster, as heartbeats address services by name. */
export function candidateOf(cluster: ClusterView, service: string): Candidate | null {
  const offered = cluster.record.services.find(({ name }) => name === service);
  return offered ? { cluster, offered } : null;
}

/** Whether the one may be written over the other in place. */
export function sameShape(a: Candidate, b: Candidate): boolean {
  const { record: one } = a.cluster;
  const { record: other } = b.cluster;
  return (
    one.coordinates.latitude === other.coordinates.latitude &&
    one.coordinates.longitude === other.coordinates.longitude &&
    one.maintenance?.startsAt === other.maintenance?.startsAt &&
    one.maintenance?.endsAt === other.maintenance?.endsAt &&
    traitsKey(a) === traitsKey(b)
  );
}

/** Everything of a row that does not shape the table. */
export function writeRow(table: CandidateTable, row: number, candidate: Candidate): void {
  const { cluster, offered } = candidate;
  const { record } = cluster;
  const terms = fixedTerms(cluster, offered);
  const share = offered.weight * (offered.capacity ?? UNSTATED_CAPACITY);
  table.candidates[row] = candidate;
  table.stateRule[row] = stateRule(candidate);
  for (const strategy of STRATEGIES) table.fixed[strategy][row] = sum(weigh(terms, STRATEGY_WEIGHTS[strategy]));
  table.share[row] = share;
  table.freeShare[row] = share * Math.max(0, 1 - effectiveLoad(cluster, offered));
  table.rampFrom[row] = record.rampUntil ? record.stateSince : 0;
  table.rampUntil[row] = record.rampUntil ?? 0;
}

/** The terms that `fixed` is the sum of. */
export function termsAt(table: CandidateTable, row: number, strategy: Strategy): FixedTerms {
  const { cluster, offered } = table.candidates[row] as Candidate;
  return weigh(fixedTerms(cluster, offered), STRATEGY_WEIGHTS[strategy]);
}

/** With rows of its own: for when somebody still reads the old ones. */
export function copyTable(table: CandidateTable): CandidateTable {
  return {
    ...table,
    candidates: [...table.candidates],
    stateRule: table.stateRule.slice(),
    fixed: mapColumns((strategy) => table.fixed[strategy].slice()),
    share: table.share.slice(),
    freeShare: table.freeShare.slice(),
    rampFrom: table.rampFrom.slice(),
    rampUntil: table.rampUntil.slice(),
  };
}

function byId(a: Candidate, b: Candidate): number {
  return a.cluster.record.clusterId < b.cluster.record.clusterId ? -1 : 1;
}

function fixedColumns(size: number): Readonly<Record<Strategy, Float32Array>> {
  return mapColumns(() => new Float32Array(size));
}

/** Strategies that weigh alike share a column. */
function mapColumns(column: (strategy: Strategy) => Float32Array): Readonly<Record<Strategy, Float32Array>> {
  const best = column("best");
  return { best, weighted: best, nearest: column("nearest"), least_loaded: column("least_loaded") };
}

function groupBySite(candidates: readonly Candidate[]): Pick<CandidateTable, "sites" | "siteOf"> {
  const sites: Coordinates[] = [];
  const indexOf = new Map<string, number>();
  const siteOf = Int32Array.from(candidates, ({ cluster }) => {
    const cell = cellOf(cluster.record.coordinates);
    return interned(indexOf, cellKey(cell), () => sites.push(cell) - 1);
  });
  return { sites, siteOf };
}

function groupByTraits(candidates: readonly Candidate[]): Pick<CandidateTable, "traits" | "traitsOf"> {
  const traits: Traits[] = [];
  const indexOf = new Map<string, number>();
  const traitsOf = Int32Array.from(candidates, (candidate) => {
    const { namespace, jurisdiction } = candidate.cluster.record;
    const { version, tags } = candidate.offered;
    return interned(indexOf, traitsKey(candidate), () => traits.push({ version, tags, namespace, jurisdiction }) - 1);
  });
  return { traits, traitsOf };
}

function traitsKey({ cluster: { record }, offered }: Candidate): string {
  return JSON.stringify([offered.version, record.namespace, record.jurisdiction, ...offered.tags]);
}

function interned(indexOf: Map<string, number>, key: string, add: () => number): number {
  const known = indexOf.get(key);
  if (known !== undefined) return known;
  const index = add();
  indexOf.set(key, index);
  return index;
}
