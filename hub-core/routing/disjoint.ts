/**
 * Two edge-disjoint paths with the least total (Suurballe 1974, in Bhandari's form): find the shortest path, let its edges
 * be walked backwards for their negative length only, find the shortest path again, and cancel what both walked.
 */
import { pathTo, shortestPathTree } from "./dijkstra.ts";
import { type Graph, type GraphEdge, type NodePath, pathMs } from "./graph.ts";

export interface DisjointPair {
  readonly primary: NodePath;
  readonly backup: NodePath;
}

/** The path with the shortest that shares no edge with it; null when there is none, though another pair may exist. */
export function backedUp(graph: Graph, primary: NodePath): DisjointPair | null {
  const [from] = primary.nodes;
  const to = primary.nodes.at(-1);
  if (from === undefined || to === undefined || from === to) return null;
  const edges = new Uint8Array(graph.edges.length);
  for (const edge of primary.edges) edges[edge] = 1;
  const backup = pathTo(graph, shortestPathTree(graph, from, { goal: to, without: { edges } }), to);
  return backup && { primary, backup };
}

/** Null when one cut edge can part the two. */
export function disjointPair(graph: Graph, from: number, to: number): DisjointPair | null {
  if (from === to) return null;
  const flow = new Int8Array(graph.edges.length);
  for (let round = 0; round < 2; round++) {
    if (!augment(graph, flow, from, to)) return null;
  }
  const one = takePath(graph, flow, from, to);
  const other = takePath(graph, flow, from, to);
  return one.ms <= other.ms ? { primary: one, backup: other } : { primary: other, backup: one };
}

/** Sends one unit along the shortest way through what is left (Bellman–Ford: lengths may be negative, cycles are not). */
function augment(graph: Graph, flow: Int8Array, from: number, to: number): boolean {
  const distance = new Float64Array(graph.nodes).fill(Infinity);
  const viaEdge = new Int32Array(graph.nodes).fill(-1);
  const previous = new Int32Array(graph.nodes).fill(-1);
  distance[from] = 0;
  for (let round = 1; round < graph.nodes; round++) {
    let changed = false;
    graph.edges.forEach((edge, index) => {
      for (const [a, b, direction] of bothWays(edge)) {
        const through = (distance[a] as number) + residual(edge, flow[index] as number, direction);
        if (!(through < (distance[b] as number) - 1e-9)) continue;
        distance[b] = through;
        viaEdge[b] = index;
        previous[b] = a;
        changed = true;
      }
    });
    if (!changed) break;
  }
  if (!Number.isFinite(distance[to] as number)) return false;
  for (let node = to; node !== from; node = previous[node] as number) {
    const index = viaEdge[node] as number;
    flow[index] = (flow[index] as number) + ((graph.edges[index] as GraphEdge).b === node ? 1 : -1);
  }
  return true;
}

function bothWays({ a, b }: GraphEdge): readonly (readonly [number, number, 1 | -1])[] {
  return [
    [a, b, 1],
    [b, a, -1],
  ];
}

function residual(edge: GraphEdge, flow: number, direction: 1 | -1): number {
  if (flow === 0) return edge.ms;
  return flow === direction ? Infinity : -edge.ms;
}

/** Walks the flow once, and removes it. Positive lengths leave no cycle in a cheapest flow. */
function takePath(graph: Graph, flow: Int8Array, from: number, to: number): NodePath {
  const nodes = [from];
  const edges: number[] = [];
  for (let node = from; node !== to; ) {
    const start = graph.rowStart[node] as number;
    const end = graph.rowStart[node + 1] as number;
    let half = start;
    while (half < end && !leaves(graph, flow, half, node)) half++;
    if (half === end) throw new Error("invariant broken: flow is conserved at every node");
    const index = graph.edge[half] as number;
    flow[index] = 0;
    edges.push(index);
    node = graph.target[half] as number;
    nodes.push(node);
  }
  return { nodes, edges, ms: pathMs(graph, edges) };
}

function leaves(graph: Graph, flow: Int8Array, half: number, node: number): boolean {
  const index = graph.edge[half] as number;
  return flow[index] === ((graph.edges[index] as GraphEdge).a === node ? 1 : -1);
}
