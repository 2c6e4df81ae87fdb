/**
 * The hubs as a graph. Edges are measured links, and, where nothing is measured, parent to child and sibling to sibling,
 * with the round trip that the latency model expects. Hubs that failed or left are not in it.
 */
import type { CatalogView, HubView } from "../common/catalog-view.ts";
import type { HubId } from "../common/types.ts";
import { isGone } from "../wire/catalog.ts";
import { buildGraph, type Graph, type NodePath } from "./graph.ts";
import { unitVector } from "./great-circle.ts";
import type { LatencyModel } from "./latency-model.ts";

type EdgeKind = "parent" | "sibling" | "link";

export interface HubEdge {
  readonly a: number;
  readonly b: number;
  readonly kind: EdgeKind;
  readonly measured: boolean;
  readonly rttMs: number;
  /** 0…1; 0 when not measured. */
  readonly loss: number;
  readonly utilisation: number;
  readonly cost: number;
}

export interface HubGraph {
  /** In the order of their ids. */
  readonly hubs: readonly HubView[];
  readonly indexOf: ReadonlyMap<HubId, number>;
  readonly edges: readonly HubEdge[];
  readonly graph: Graph;
}

interface Measured {
  rtt: number;
  loss: number;
  utilisation: number;
  count: number;
}

export function buildHubGraph(view: CatalogView, model: LatencyModel): HubGraph {
  const hubs = [...view.hubs()].filter(({ state }) => !isGone(state)).sort((a, b) => (a.hubId < b.hubId ? -1 : 1));
  const indexOf = new Map(hubs.map(({ hubId }, i) => [hubId, i]));
  const measured = measuredEdges(view, indexOf);
  const relations = related(hubs, indexOf);
  for (const key of measured.keys()) if (!relations.has(key)) relations.set(key, "link");
  const edges = [...relations].map(([key, kind]) => edgeOf(key, kind, hubs, measured.get(key), model)).sort(byEnds);
  const graph = buildGraph(
    hubs.map((hub) => unitVector(hub.coordinates)),
    edges.map(({ a, b, rttMs }) => ({ a, b, ms: rttMs })),
  );
  return { hubs, indexOf, edges, graph };
}

export function hubIdsOf({ hubs }: HubGraph, path: NodePath): HubId[] {
  return path.nodes.map((node) => (hubs[node] as HubView).hubId);
}

export function costOf({ edges }: HubGraph, path: NodePath): number {
  return path.edges.reduce((sum, edge) => sum + (edges[edge] as HubEdge).cost, 0);
}

function pairKey(a: number, b: number): number {
  return Math.min(a, b) * 0x10_0000 + Math.max(a, b);
}

/** Both ends may have measured an edge: round trips and utilisation are averaged, of the losses the worse one counts. */
function measuredEdges(view: CatalogView, indexOf: ReadonlyMap<HubId, number>): Map<number, Measured> {
  const found = new Map<number, Measured>();
  for (const { origin, record } of view.links()) {
    const a = indexOf.get(origin);
    for (const link of record.links) {
      const b = indexOf.get(link.peer);
      if (a === undefined || b === undefined || a === b) continue;
      const edge = found.get(pairKey(a, b)) ?? { rtt: 0, loss: 0, utilisation: 0, count: 0 };
      edge.rtt += link.rttMs;
      edge.loss = Math.max(edge.loss, link.loss);
      edge.utilisation += link.utilisation;
      edge.count += 1;
      found.set(pairKey(a, b), edge);
    }
  }
  return found;
}

/** The links that the tiers imply: a group is a parent and its children, bounded by the configured limits. */
function related(hubs: readonly HubView[], indexOf: ReadonlyMap<HubId, number>): Map<number, EdgeKind> {
  const children = new Map<HubId, number[]>();
  const relations = new Map<number, EdgeKind>();
  hubs.forEach(({ parent }, child) => {
    if (parent === null) return;
    const siblings = children.get(parent) ?? [];
    for (const sibling of siblings) relations.set(pairKey(sibling, child), "sibling");
    children.set(parent, [...siblings, child]);
  });
  for (const [parent, of] of children) {
    const index = indexOf.get(parent);
    if (index !== undefined) for (const child of of) relations.set(pairKey(index, child), "parent");
  }
  return relations;
}

function edgeOf(
  key: number,
  kind: EdgeKind,
  hubs: readonly HubView[],
  measured: Measured | undefined,
  model: LatencyModel,
): HubEdge {
  const a = Math.floor(key / 0x10_0000);
  const b = key % 0x10_0000;
  if (!measured) {
    const { ms } = model.between((hubs[a] as HubView).coordinates, (hubs[b] as HubView).coordinates);
    return { a, b, kind, measured: false, rttMs: ms, loss: 0, utilisation: 0, cost: ms };
  }
  const rttMs = measured.rtt / measured.count;
  const utilisation = measured.utilisation / measured.count;
  return {
    a,
    b,
    kind,
    measured: true,
    rttMs,
    loss: measured.loss,
    utilisation,
    cost: costMs(rttMs, measured.loss, utilisation),
  };
}

/** A lost packet is sent again after about two round trips; a full link makes every other packet wait one. */
function costMs(rttMs: number, loss: number, utilisation: number): number {
  return rttMs * (1 + 2 * loss + utilisation);
}

function byEnds(x: HubEdge, y: HubEdge): number {
  return x.a - y.a || x.b - y.b;
}
