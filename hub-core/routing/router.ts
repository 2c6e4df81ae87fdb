/** Answers routing questions from the catalog as it stands: where a client should go, over which hubs, and why. */
import type { CatalogView } from "../common/catalog-view.ts";
import type { Metrics } from "../common/metrics.ts";
import { answered, type Reply, refused } from "../common/problem.ts";
import { hash32, type Random } from "../common/random.ts";
import { type DurationMs, type HubId, type HubIdentity, type Millis, unreachable } from "../common/types.ts";
import type { LimitsConfig } from "../config/hub-config.ts";
import type { CandidateTable } from "./candidate-table.ts";
import { asOf } from "./data-age.ts";
import { decide, scoreAt } from "./decide.ts";
import { pathTo } from "./dijkstra.ts";
import { type Explanation, explain } from "./explain.ts";
import { hubIdsOf } from "./hub-graph.ts";
import { slotAt, sourceAt } from "./latency-column.ts";
import type { LatencySource } from "./latency-model.ts";
import { answerPaths, answerTopology } from "./paths.ts";
import type { Position, PositionSource, RouteQuestion, RoutingRequest } from "./question.ts";
import { type Basis, RoutingTables } from "./routing-tables.ts";
import { Soundings } from "./soundings.ts";

export interface RouteTarget {
  readonly cluster_id: string;
  readonly hub_id: HubId;
  readonly region: string;
  /** Null when the cluster has registered no endpoint. */
  readonly url: string | null;
  readonly expected_latency_ms: number;
  readonly latency_source: LatencySource;
  readonly score: number;
}

export interface RouteAnswer {
  readonly decision_id: string;
  readonly service: string;
  readonly chosen: RouteTarget;
  readonly alternatives: readonly RouteTarget[];
  /** From the hub nearest to the client to the cluster's own hub, or the nearest to it; empty when that cannot be reached. */
  readonly path: readonly HubId[];
  /** Null with an empty path. */
  readonly path_latency_ms: number | null;
  readonly catalog_version: number;
  readonly data_age_ms: number;
  readonly position: { readonly latitude: number; readonly longitude: number; readonly source: PositionSource };
  readonly explain?: Explanation;
}

export interface RouterOptions {
  readonly self: HubIdentity;
  readonly catalog: CatalogView;
  readonly config: Pick<LimitsConfig, "maxGraphCacheSize">;
  readonly metrics: Metrics;
  readonly random: Random;
}

/** Reports are not answered here: `latencyRecords` makes records of them, and who owns a log publishes those. */
export type RouterRequest = Exclude<RoutingRequest, { readonly kind: "latency-report" }>;

export class Router {
  readonly #options: RouterOptions;
  readonly #tables: RoutingTables;
  readonly soundings: Soundings;

  constructor(options: RouterOptions) {
    this.#options = options;
    this.#tables = new RoutingTables(options.catalog, options.config.maxGraphCacheSize, options.metrics);
    this.soundings = new Soundings(options.self, options.catalog, () => this.#tables.model());
  }

  /** Entries cached, of at most `maxGraphCacheSize`. */
  get cached(): { readonly entries: number; readonly hits: number; readonly misses: number } {
    return { entries: this.#tables.size, hits: this.#tables.hits, misses: this.#tables.misses };
  }

  request(request: RouterRequest, now: Millis): Reply {
    const { catalog } = this.#options;
    switch (request.kind) {
      case "route":
        return this.route(request.question, now);
      case "paths":
        return answerPaths(catalog, this.#tables.graph(), request.from, request.to, request.k);
      case "topology":
        return answerTopology(catalog, this.#tables.graph());
      default:
        return unreachable(request);
    }
  }

  /** 404 `service_unknown`; 503 `stale`; 503 `no_eligible_cluster`, which always explains. */
  route(question: RouteQuestion, now: Millis): Reply<RouteAnswer> {
    const { catalog } = this.#options;
    const basis = this.#tables.basis(question, now);
    if (!basis) {
      return this.#refuse(404, "service_unknown", `no cluster offers ${question.service}`, {
        service: question.service,
      });
    }
    const decisionId = question.decisionId ?? this.#drawId();
    const decision = decide(basis.table, basis.ranking, { ...question, decisionId }, now);
    const age = this.#ageOf(basis, decision?.ranked[0] ?? null, now);
    if (question.maxAgeMs !== null && age > question.maxAgeMs) {
      return this.#refuse(503, "stale", `what is known is ${age} ms old`, { data_age_ms: age });
    }
    if (!decision) {
      return this.#refuse(
        503,
        "no_eligible_cluster",
        `${basis.table.size === 1 ? "1 cluster offers" : `${basis.table.size} clusters offer`} ${question.service}, none may be used`,
        {
          decision_id: decisionId,
          catalog_version: catalog.version,
          data_age_ms: age,
          explain: this.#explain(basis),
        },
      );
    }
    const [chosen, ...alternatives] = decision.ranked.map((row) => target(basis, question.sticky ?? decisionId, row));
    if (!chosen) throw new Error("invariant broken: a decision names a cluster");
    const { latitude, longitude, source } = question.position;
    this.#options.metrics.count("routing_decisions_total", 1, { outcome: "chosen", source: chosen.latency_source });
    return answered({
      decision_id: decisionId,
      service: question.service,
      chosen,
      alternatives,
      ...this.#pathTo(this.#lastHub(basis, decision.ranked[0] as number), question.position),
      catalog_version: catalog.version,
      data_age_ms: age,
      position: { latitude, longitude, source },
      ...(question.explain ? { explain: this.#explain(basis) } : {}),
    });
  }

  /** Of what is said of the one chosen; without any, of the oldest that kept one from being it. */
  #ageOf({ table }: Basis, chosen: number | null, now: Millis): DurationMs {
    const { catalog, self } = this.#options;
    const rests = chosen === null ? table.candidates : table.candidates.slice(chosen, chosen + 1);
    return rests.reduce((age, { cluster }) => Math.max(age, now - asOf(catalog, self, cluster, now)), 0);
  }

  /** The owner; while another hub stands in for it, however far, the hub that the cluster is nearest to. */
  #lastHub({ table }: Basis, row: number): HubId {
    const { owner, record } = (table.candidates[row] as CandidateTable["candidates"][number]).cluster;
    if (owner === record.homeHub) return owner;
    return this.#tables.entryHub({ ...record.coordinates, source: "region" }) ?? owner;
  }

  #pathTo(last: HubId, position: Position): { path: readonly HubId[]; path_latency_ms: number | null } {
    const graph = this.#tables.graph();
    const from = graph.indexOf.get(this.#tables.entryHub(position) ?? "");
    const to = graph.indexOf.get(last);
    const path = from === undefined || to === undefined ? null : pathTo(graph.graph, this.#tables.tree(from), to);
    return path ? { path: hubIdsOf(graph, path), path_latency_ms: path.ms } : { path: [], path_latency_ms: null };
  }

  /** Read when somebody asks for its rows, so they must stay as they are. */
  #explain(basis: Basis): Explanation {
    this.#tables.table(basis.table.service).lend();
    return explain(basis);
  }

  #drawId(): string {
    const { self, random } = this.#options;
    return `${self.hubId}-${hex(random.uint32())}${hex(random.uint32())}`;
  }

  #refuse(status: number, code: string, detail: string, extra: Readonly<Record<string, unknown>>): Reply<never> {
    this.#options.metrics.count("routing_decisions_total", 1, { outcome: code, source: "none" });
    return refused(status, code, detail, extra);
  }
}

function target({ table, latency, strategy }: Basis, key: string, row: number): RouteTarget {
  const { cluster } = table.candidates[row] as CandidateTable["candidates"][number];
  const slot = slotAt(table, latency, row);
  return {
    cluster_id: cluster.record.clusterId,
    hub_id: cluster.owner,
    region: cluster.record.region,
    url: endpointUrl(cluster.record.endpoints, key),
    expected_latency_ms: latency.expected[slot] as number,
    latency_source: sourceAt(latency, slot),
    score: scoreAt(table, latency, strategy, row),
  };
}

/** By weight, and the same for the same key; endpoints of weight 0 are used when there is no other. */
function endpointUrl(
  endpoints: readonly { readonly url: string; readonly weight: number }[],
  key: string,
): string | null {
  let chosen: string | null = null;
  let least = Infinity;
  for (const { url, weight } of endpoints) {
    const draw = -Math.log((hash32(url, hash32(key)) + 0.5) / 0x1_0000_0000) / Math.max(weight, 1e-12);
    if (draw >= least) continue;
    least = draw;
    chosen = url;
  }
  return chosen;
}

function hex(value: number): string {
  return value.toString(16).padStart(8, "0");
}
