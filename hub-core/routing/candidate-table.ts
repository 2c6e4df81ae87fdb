/** Every cluster that offers one service, as parallel typed arrays in the order of their ids. Built once per view. */
import type { CatalogView, ClusterView } from "../common/catalog-view.ts";
import { hash32 } from "../common/random.ts";
import type { Coordinates, Millis } from "../common/types.ts";
import type { OfferedService } from "../wire/catalog.ts";
import { cellKey, cellOf } from "./great-circle.ts";
import { STRATEGIES, type Strategy } from "./question.ts";
import { effectiveLoad, fixedTerms, STRATEGY_WEIGHTS, term } from "./score.ts";

export interface Candidate {
  readonly cluster: ClusterView;
  readonly offered: OfferedService;
}

/** The terms that do not depend on the client, as one strategy counts them. */
interface TermColumns {
  readonly load: Float32Array;
  readonly health: Float32Array;
  readonly cost: Float32Array;
  readonly policy: Float32Array;
  /** Their sum. */
  readonly fixed: Float32Array;
}

export interface CandidateTable {
  readonly service: string;
  readonly size: number;
  readonly candidates: readonly Candidate[];
  readonly idHash: Uint32Array;
  /** Distinct places; clusters of one city share one. */
  readonly sites: readonly Coordinates[];
  readonly siteOf: Int32Array;
  readonly terms: Readonly<Record<Strategy, TermColumns>>;
  /** What spreading goes by: weight × capacity, and the part of it that is free. */
  readonly share: Float64Array;
  readonly freeShare: Float64Array;
  /** 0 when not ramping. */
  readonly rampFrom: Float64Array;
  readonly rampUntil: Float64Array;
  /** When maintenance windows open and close, ascending: verdicts hold between two of them. */
  readonly boundaries: readonly Millis[];
}

/** Stands in for a cluster that names no capacity. */
const UNSTATED_CAPACITY = 100;

/** Null when no cluster offers the service. */
export function buildCandidateTable(view: CatalogView, service: string): CandidateTable | null {
  const candidates: Candidate[] = [];
  for (const cluster of view.clustersOffering(service)) {
    // Names are unique within a cluster: heartbeats address services by name.
    const offered = cluster.record.services.find(({ name }) => name === service);
    if (offered) candidates.push({ cluster, offered });
  }
  if (candidates.length === 0) return null;
  candidates.sort(byId);
  const { sites, siteOf } = groupBySite(candidates);
  const terms = {} as Record<Strategy, TermColumns>;
  for (const strategy of STRATEGIES) terms[strategy] = termColumns(candidates, strategy);
  const share = Float64Array.from(candidates, shareOf);
  return {
    service,
    size: candidates.length,
    candidates,
    idHash: Uint32Array.from(candidates, ({ cluster }) => hash32(cluster.record.clusterId)),
    sites,
    siteOf,
    terms,
    share,
    freeShare: Float64Array.from(
      candidates,
      ({ cluster, offered }, i) => (share[i] as number) * Math.max(0, 1 - effectiveLoad(cluster, offered)),
    ),
    rampFrom: Float64Array.from(candidates, ({ cluster: { record } }) => (record.rampUntil ? record.stateSince : 0)),
    rampUntil: Float64Array.from(candidates, ({ cluster: { record } }) => record.rampUntil ?? 0),
    boundaries: [...new Set(candidates.flatMap(windowOf))].sort((a, b) => a - b),
  };
}

function byId(a: Candidate, b: Candidate): number {
  return a.cluster.record.clusterId < b.cluster.record.clusterId ? -1 : 1;
}

function shareOf({ offered }: Candidate): number {
  return offered.weight * (offered.capacity ?? UNSTATED_CAPACITY);
}

function windowOf({ cluster: { record } }: Candidate): Millis[] {
  return record.maintenance ? [record.maintenance.startsAt, record.maintenance.endsAt] : [];
}

function groupBySite(candidates: readonly Candidate[]): { sites: Coordinates[]; siteOf: Int32Array } {
  const sites: Coordinates[] = [];
  const indexOf = new Map<string, number>();
  const siteOf = Int32Array.from(candidates, ({ cluster }) => {
    const cell = cellOf(cluster.record.coordinates);
    const known = indexOf.get(cellKey(cell));
    if (known !== undefined) return known;
    indexOf.set(cellKey(cell), sites.length);
    return sites.push(cell) - 1;
  });
  return { sites, siteOf };
}

function termColumns(candidates: readonly Candidate[], strategy: Strategy): TermColumns {
  const weights = STRATEGY_WEIGHTS[strategy];
  const column = (): Float32Array<ArrayBuffer> => new Float32Array(candidates.length);
  const columns = { load: column(), health: column(), cost: column(), policy: column(), fixed: column() };
  candidates.forEach(({ cluster, offered }, i) => {
    const fixed = fixedTerms(cluster, offered);
    const load = term(fixed.load * weights.load);
    const health = term(fixed.health * weights.health);
    const cost = term(fixed.cost * weights.cost);
    const policy = term(fixed.policy * weights.policy);
    columns.load[i] = load;
    columns.health[i] = health;
    columns.cost[i] = cost;
    columns.policy[i] = policy;
    columns.fixed[i] = load + health + cost + policy;
  });
  return columns;
}
