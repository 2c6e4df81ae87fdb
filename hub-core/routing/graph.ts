/** A weighted undirected graph over typed arrays (compressed rows): what the path algorithms run on. */
import type { UnitVector } from "./great-circle.ts";

export interface GraphEdge {
  readonly a: number;
  readonly b: number;
  /** Round trip, > 0. */
  readonly ms: number;
}

export interface Graph {
  readonly nodes: number;
  /** Half-edges of node i: rowStart[i] to rowStart[i + 1]. */
  readonly rowStart: Int32Array;
  readonly target: Int32Array;
  readonly weight: Float64Array;
  /** The edge that a half-edge belongs to. */
  readonly edge: Int32Array;
  readonly edges: readonly GraphEdge[];
  readonly positions: readonly UnitVector[];
}

/** Shorter round trips than this between two hubs are below what is measured. */
const LEAST_EDGE_MS = 0.05;

/** Self-loops are left out; of parallel edges the caller keeps which it wants. */
export function buildGraph(positions: readonly UnitVector[], input: readonly GraphEdge[]): Graph {
  const edges = input.filter(({ a, b }) => a !== b).map(({ a, b, ms }) => ({ a, b, ms: Math.max(LEAST_EDGE_MS, ms) }));
  const nodes = positions.length;
  const rowStart = new Int32Array(nodes + 1);
  for (const { a, b } of edges) {
    rowStart[a + 1] = (rowStart[a + 1] as number) + 1;
    rowStart[b + 1] = (rowStart[b + 1] as number) + 1;
  }
  for (let i = 0; i < nodes; i++) rowStart[i + 1] = (rowStart[i + 1] as number) + (rowStart[i] as number);
  const next = rowStart.slice();
  const target = new Int32Array(edges.length * 2);
  const weight = new Float64Array(edges.length * 2);
  const edge = new Int32Array(edges.length * 2);
  const place = (from: number, to: number, ms: number, index: number): void => {
    const slot = next[from] as number;
    next[from] = slot + 1;
    target[slot] = to;
    weight[slot] = ms;
    edge[slot] = index;
  };
  edges.forEach(({ a, b, ms }, index) => {
    place(a, b, ms, index);
    place(b, a, ms, index);
  });
  return { nodes, rowStart, target, weight, edge, edges, positions };
}

export interface NodePath {
  readonly nodes: readonly number[];
  readonly edges: readonly number[];
  readonly ms: number;
}

/** Hops of each of the k shortest paths at most, as each costs a search: more than a three-tier federation needs. */
export const MAX_HOPS = 32;

export function pathMs(graph: Graph, edges: readonly number[]): number {
  let total = 0;
  for (const index of edges) total += (graph.edges[index] as GraphEdge).ms;
  return total;
}
