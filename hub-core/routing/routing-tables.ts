/**
 * Everything that is computed from a view, kept as long as it may be asked again. Each value remembers what it was made from, and
 * is made anew when that is no longer what there is: rows when their cluster changes, rankings when a row does, latencies and
 * graph when the network does. So nothing is stale, and a heartbeat costs one row. Bounded by `max_graph_cache_size` and by cells.
 */
import type { CatalogView, HubView } from "../common/catalog-view.ts";
import type { Metrics } from "../common/metrics.ts";
import type { Coordinates, HubId, Millis } from "../common/types.ts";
import { BoundedCache } from "./cache.ts";
import type { CandidateTable } from "./candidate-table.ts";
import { breadthOf, type Ranking, rank } from "./decide.ts";
import { type PathTree, shortestPathTree } from "./dijkstra.ts";
import type { Grounds } from "./explain.ts";
import { cellKey, cellOf } from "./great-circle.ts";
import { buildHubGraph, type HubGraph } from "./hub-graph.ts";
import { buildLatencyColumn, columnKey, type LatencyColumn } from "./latency-column.ts";
import { type ClientVantage, LatencyModel, type Site } from "./latency-model.ts";
import type { Position, RouteQuestion, Strategy } from "./question.ts";
import { constraintsKey, judge } from "./rules.ts";
import { ServiceTable } from "./service-table.ts";

/** Cells of all cached tables, columns and rankings together; about 10 bytes each. */
const MAX_CELLS = 4_000_000;
const CELLS_PER_ROW = 10;
/** Places whose nearness to the measured ones is kept from version to version; more are computed each time. */
const MAX_SITES = 4_096;

/** What a decision is made from. */
export interface Basis extends Grounds {
  readonly ranking: Ranking;
}

type Cached =
  | { readonly kind: "table"; readonly table: ServiceTable }
  | { readonly kind: "column"; readonly column: LatencyColumn; readonly shape: number; readonly model: LatencyModel }
  | { readonly kind: "basis"; readonly basis: Omit<Basis, "table">; readonly revision: number }
  | { readonly kind: "tree"; readonly tree: PathTree; readonly graph: HubGraph }
  | { readonly kind: "entry"; readonly entry: number; readonly graph: HubGraph }
  | { readonly kind: "client"; readonly client: ClientVantage; readonly model: LatencyModel };

export class RoutingTables {
  readonly #view: CatalogView;
  readonly #metrics: Metrics;
  readonly #cache: BoundedCache<Cached>;
  readonly #sites = new Map<string, Site>();
  #model: LatencyModel | null = null;
  #modelVersion = -1;
  #revisions = 0;
  #graph: HubGraph | null = null;
  #graphOf: LatencyModel | null = null;

  constructor(view: CatalogView, maxEntries: number, metrics: Metrics) {
    this.#view = view;
    this.#metrics = metrics;
    this.#cache = new BoundedCache(maxEntries, MAX_CELLS);
  }

  get size(): number {
    return this.#cache.size;
  }

  get hits(): number {
    return this.#cache.hits;
  }

  get misses(): number {
    return this.#cache.misses;
  }

  /** The same object until the network changes, or a report gets too old. */
  model(): LatencyModel {
    const { networkVersion, changedAt } = this.#view;
    if (this.#model && this.#modelVersion === networkVersion && changedAt <= this.#model.validUntil) return this.#model;
    const model = LatencyModel.of(this.#view, this.#model);
    if (model.fingerprint !== this.#model?.fingerprint) this.#sites.clear();
    this.#model = model;
    this.#modelVersion = networkVersion;
    this.#metrics.count("routing_rebuilds_total", 1, { of: "model" });
    return model;
  }

  graph(): HubGraph {
    const model = this.model();
    if (this.#graph && this.#graphOf === model) return this.#graph;
    this.#graph = buildHubGraph(this.#view, model);
    this.#graphOf = model;
    this.#metrics.count("routing_rebuilds_total", 1, { of: "graph" });
    return this.#graph;
  }

  /** Rows may be written over when the catalog changes, unless they are lent. */
  table(service: string): ServiceTable {
    const key = `table/${service}`;
    const cached = this.#cache.get(key);
    if (cached?.kind === "table") return cached.table;
    const table = new ServiceTable(this.#view, service, this.#metrics, () => ++this.#revisions);
    this.#cache.set(key, { kind: "table", table }, CELLS_PER_ROW * (table.current()?.size ?? 0) + 1);
    return table;
  }

  /** Null when no cluster offers the service. */
  basis(question: RouteQuestion, now: Millis): Basis | null {
    const { service, position, strategy, limit } = question;
    const source = this.table(service);
    const table = source.current();
    if (table === null) return null;
    const latency = this.#column(source, table, position, strategy);
    const breadth = breadthOf(limit);
    const key = `basis/${service}/${strategy}/${breadth}/${columnKey(position, strategy)}/${constraintsKey(question)}`;
    const cached = this.#cache.get(key);
    if (cached?.kind === "basis" && cached.revision === source.revision) {
      const { validFrom, validUntil } = cached.basis.verdicts;
      if (cached.basis.latency === latency && now >= validFrom && now < validUntil) return { table, ...cached.basis };
    }
    const verdicts = judge(table, question, now);
    const basis = { verdicts, latency, strategy, ranking: rank(table, verdicts, latency, strategy, breadth) };
    const { best, tied, stickyTied } = basis.ranking;
    const weight = best.length + tied.length + stickyTied.length + Math.ceil(table.size / 10);
    this.#cache.set(key, { kind: "basis", basis, revision: source.revision }, weight);
    return { table, ...basis };
  }

  /** The living hub that the client reaches soonest; null when none is known. */
  entryHub(position: Position): HubId | null {
    const graph = this.graph();
    const key = `entry/${cellKey(cellOf(position))}`;
    const cached = this.#cache.get(key);
    const known = cached?.kind === "entry" && cached.graph === graph ? cached.entry : undefined;
    const entry = known ?? this.#nearest(graph.hubs, position);
    if (known === undefined) this.#cache.set(key, { kind: "entry", entry, graph });
    return graph.hubs[entry]?.hubId ?? null;
  }

  /** Shortest paths from a node of `graph()`. */
  tree(node: number): PathTree {
    const graph = this.graph();
    const key = `tree/${node}`;
    const cached = this.#cache.get(key);
    if (cached?.kind === "tree" && cached.graph === graph) return cached.tree;
    const tree = shortestPathTree(graph.graph, node);
    this.#cache.set(key, { kind: "tree", tree, graph }, graph.graph.nodes + 1);
    return tree;
  }

  #column(source: ServiceTable, table: CandidateTable, position: Position, strategy: Strategy): LatencyColumn {
    const model = this.model();
    const key = `column/${table.service}/${columnKey(position, strategy)}`;
    const cached = this.#cache.get(key);
    if (cached?.kind === "column" && cached.shape === source.shape && cached.model === model) return cached.column;
    const sites = source.sites(model, (cell) => this.#site(model, cell));
    const column = buildLatencyColumn(table, sites, model, this.#client(model, position), strategy);
    this.#metrics.count("routing_rebuilds_total", 1, { of: "column" });
    const weight = column.terms.length + (column.slotOf?.length ?? 0) + 1;
    this.#cache.set(key, { kind: "column", column, shape: source.shape, model }, weight);
    return column;
  }

  #client(model: LatencyModel, position: Position): ClientVantage {
    const key = `client/${cellKey(cellOf(position))}/${position.place ?? ""}`;
    const cached = this.#cache.get(key);
    if (cached?.kind === "client" && cached.model === model) return cached.client;
    const client = model.client(position);
    this.#cache.set(key, { kind: "client", client, model }, model.places + 1);
    return client;
  }

  /** -1 when there are no hubs. */
  #nearest(hubs: readonly HubView[], position: Position): number {
    const model = this.model();
    const client = this.#client(model, position);
    let nearest = -1;
    let least = Infinity;
    hubs.forEach(({ coordinates }, i) => {
      const { ms } = model.predict(client, this.#site(model, cellOf(coordinates)));
      if (ms < least) {
        least = ms;
        nearest = i;
      }
    });
    return nearest;
  }

  #site(model: LatencyModel, cell: Coordinates): Site {
    const known = this.#sites.get(cellKey(cell));
    if (known) return known;
    const site = model.site(cell);
    if (this.#sites.size < MAX_SITES) this.#sites.set(cellKey(cell), site);
    return site;
  }
}
