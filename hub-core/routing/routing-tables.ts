/**
 * Everything that is computed from a view, kept as long as it may be asked again: keys carry what the value depends on, and a
 * new version of the catalog drops them all, so that nothing is stale. Bounded by `max_graph_cache_size` and by cells in use.
 */
import type { CatalogView, HubView } from "../common/catalog-view.ts";
import type { Coordinates, HubId, Millis } from "../common/types.ts";
import { BoundedCache } from "./cache.ts";
import { buildCandidateTable, type CandidateTable } from "./candidate-table.ts";
import { type Ranking, rank } from "./decide.ts";
import { type PathTree, shortestPathTree } from "./dijkstra.ts";
import { cellKey, cellOf } from "./great-circle.ts";
import { buildHubGraph, type HubGraph } from "./hub-graph.ts";
import { buildLatencyColumn, columnKey, type LatencyColumn } from "./latency-column.ts";
import { LatencyModel, type Site } from "./latency-model.ts";
import type { Position, RouteQuestion, Strategy } from "./question.ts";
import { type Constraints, constraintsKey, judge, type Verdicts } from "./rules.ts";

/** Cells of all cached tables, columns and verdicts together; about 10 bytes each. */
const MAX_CELLS = 4_000_000;
/** Places whose nearness to the measured ones is kept from version to version; more are computed each time. */
const MAX_SITES = 4_096;

type Cached =
  | { readonly kind: "table"; readonly table: CandidateTable | null }
  | { readonly kind: "verdicts"; readonly verdicts: Verdicts }
  | { readonly kind: "column"; readonly column: LatencyColumn }
  | { readonly kind: "ranking"; readonly ranking: Ranking; readonly verdicts: Verdicts }
  | { readonly kind: "tree"; readonly tree: PathTree }
  | { readonly kind: "entry"; readonly entry: number };

export class RoutingTables {
  readonly #view: CatalogView;
  readonly #cache: BoundedCache<Cached>;
  readonly #sites = new Map<string, Site>();
  #version = -1;
  #model: LatencyModel | null = null;
  #modelVersion = -1;
  #graph: HubGraph | null = null;

  constructor(view: CatalogView, maxEntries: number) {
    this.#view = view;
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

  model(): LatencyModel {
    this.#follow();
    if (this.#model && this.#modelVersion === this.#version) return this.#model;
    const model = LatencyModel.of(this.#view, this.#model);
    if (model.fingerprint !== this.#model?.fingerprint) this.#sites.clear();
    this.#model = model;
    this.#modelVersion = this.#version;
    return model;
  }

  graph(): HubGraph {
    this.#follow();
    this.#graph ??= buildHubGraph(this.#view, this.model());
    return this.#graph;
  }

  /** Null when no cluster offers the service. */
  table(service: string): CandidateTable | null {
    this.#follow();
    const key = `table/${service}`;
    const cached = this.#cache.get(key);
    if (cached?.kind === "table") return cached.table;
    const table = buildCandidateTable(this.#view, service);
    this.#cache.set(key, { kind: "table", table }, (table?.size ?? 0) * 8 + 1);
    return table;
  }

  verdicts(table: CandidateTable, constraints: Constraints, now: Millis): Verdicts {
    this.#follow();
    const key = `verdicts/${table.service}/${constraintsKey(constraints)}`;
    const cached = this.#cache.get(key);
    if (cached?.kind === "verdicts" && now >= cached.verdicts.validFrom && now < cached.verdicts.validUntil) {
      return cached.verdicts;
    }
    const verdicts = judge(table, constraints, now);
    this.#cache.set(key, { kind: "verdicts", verdicts }, table.size + 1);
    return verdicts;
  }

  column(table: CandidateTable, position: Position, strategy: Strategy): LatencyColumn {
    this.#follow();
    const key = `column/${table.service}/${columnKey(position, strategy)}`;
    const cached = this.#cache.get(key);
    if (cached?.kind === "column") return cached.column;
    const model = this.model();
    const sites = table.sites.map((coordinates) => this.#site(model, coordinates));
    const column = buildLatencyColumn(table, sites, model, position, strategy);
    this.#cache.set(key, { kind: "column", column }, table.size + 1);
    return column;
  }

  /** `verdicts` and `column` are those of the question. */
  ranking(table: CandidateTable, verdicts: Verdicts, column: LatencyColumn, question: RouteQuestion): Ranking {
    const { position, strategy } = question;
    const key = `ranking/${table.service}/${strategy}/${columnKey(position, strategy)}/${constraintsKey(question)}`;
    const cached = this.#cache.get(key);
    if (cached?.kind === "ranking" && cached.verdicts === verdicts) return cached.ranking;
    const ranking = rank(table, verdicts, column, strategy);
    this.#cache.set(key, { kind: "ranking", ranking, verdicts }, table.size + 1);
    return ranking;
  }

  /** The living hub that the client reaches soonest; null when none is known. */
  entryHub(position: Position): HubId | null {
    const { hubs } = this.graph();
    const key = `entry/${cellKey(cellOf(position))}`;
    const cached = this.#cache.get(key);
    const entry = cached?.kind === "entry" ? cached.entry : this.#nearest(hubs, position);
    if (cached === undefined) this.#cache.set(key, { kind: "entry", entry });
    return hubs[entry]?.hubId ?? null;
  }

  /** Shortest paths from a node of `graph()`. */
  tree(node: number): PathTree {
    const { graph } = this.graph();
    const key = `tree/${node}`;
    const cached = this.#cache.get(key);
    if (cached?.kind === "tree") return cached.tree;
    const tree = shortestPathTree(graph, node);
    this.#cache.set(key, { kind: "tree", tree }, graph.nodes + 1);
    return tree;
  }

  /** -1 when there are no hubs. */
  #nearest(hubs: readonly HubView[], position: Position): number {
    const model = this.model();
    const client = model.client(position);
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

  #follow(): void {
    if (this.#view.version === this.#version) return;
    this.#version = this.#view.version;
    this.#cache.clear();
    this.#graph = null;
  }
}
