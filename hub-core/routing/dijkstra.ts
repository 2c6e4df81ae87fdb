/** Shortest paths from one node (Dijkstra 1959) on a binary heap, with nodes and edges left out on demand. */
import FlatQueue from "flatqueue";
import type { Graph, NodePath } from "./graph.ts";
import { pathMs } from "./graph.ts";

export interface PathTree {
  readonly source: number;
  /** Infinity where no path leads. */
  readonly distance: Float64Array;
  /** The half-edge over which the node was reached; -1 at the source and where no path leads. */
  readonly via: Int32Array;
  readonly previous: Int32Array;
}

export interface Without {
  /** 1 for a node or an edge that may not be used. */
  readonly nodes?: Uint8Array;
  readonly edges?: Uint8Array;
}

/** Lower bounds of what is left to the goal, in ms; must be consistent. */
export type Heuristic = (node: number) => number;

export interface Search {
  readonly goal?: number;
  readonly without?: Without;
  readonly heuristic?: Heuristic;
}

export function shortestPathTree(graph: Graph, source: number, search: Search = {}): PathTree {
  const { goal = -1, without = {}, heuristic } = search;
  const distance = new Float64Array(graph.nodes).fill(Infinity);
  const via = new Int32Array(graph.nodes).fill(-1);
  const previous = new Int32Array(graph.nodes).fill(-1);
  const settled = new Uint8Array(graph.nodes);
  const queue = new FlatQueue<number>();
  distance[source] = 0;
  queue.push(source, 0);
  for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
    if (settled[node]) continue;
    settled[node] = 1;
    if (node === goal) break;
    const reached = distance[node] as number;
    const end = graph.rowStart[node + 1] as number;
    for (let half = graph.rowStart[node] as number; half < end; half++) {
      const next = graph.target[half] as number;
      if (settled[next] || without.nodes?.[next] || without.edges?.[graph.edge[half] as number]) continue;
      const through = reached + (graph.weight[half] as number);
      if (through >= (distance[next] as number)) continue;
      distance[next] = through;
      via[next] = half;
      previous[next] = node;
      queue.push(next, heuristic ? through + heuristic(next) : through);
    }
  }
  return { source, distance, via, previous };
}

/** Null when the goal cannot be reached. */
export function pathTo(graph: Graph, tree: PathTree, goal: number): NodePath | null {
  if (!Number.isFinite(tree.distance[goal] as number)) return null;
  const nodes = [goal];
  const edges: number[] = [];
  for (let node = goal; node !== tree.source; ) {
    edges.push(graph.edge[tree.via[node] as number] as number);
    node = tree.previous[node] as number;
    nodes.push(node);
  }
  nodes.reverse();
  edges.reverse();
  return { nodes, edges, ms: pathMs(graph, edges) };
}
