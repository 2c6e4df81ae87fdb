/**
 * A* (Hart, Nilsson, Raphael 1968) with the great circle as its bound. The bound per km is the smallest that any edge of
 * this graph shows, never more than light in fibre needs: so it is consistent even where a measurement or a position is off.
 */
import { type Heuristic, pathTo, shortestPathTree, type Without } from "./dijkstra.ts";
import type { Graph, NodePath } from "./graph.ts";
import { arcKm, fibreMs, type UnitVector } from "./great-circle.ts";

/** Below 1 by more than rounding errors, so that equal stays admissible. */
const MARGIN = 1 - 1e-9;

/** ms per km that no edge beats. */
export function boundPerKm(graph: Graph): number {
  let least = fibreMs(1);
  for (const { a, b, ms } of graph.edges) {
    const km = arcKm(graph.positions[a] as UnitVector, graph.positions[b] as UnitVector);
    if (km > 0) least = Math.min(least, ms / km);
  }
  return least * MARGIN;
}

export function greatCircleBound(graph: Graph, goal: number, perKm: number): Heuristic {
  const to = graph.positions[goal] as UnitVector;
  return (node) => arcKm(graph.positions[node] as UnitVector, to) * perKm;
}

/** Null when the goal cannot be reached. */
export function shortestPath(
  graph: Graph,
  from: number,
  goal: number,
  perKm: number,
  without: Without = {},
): NodePath | null {
  const tree = shortestPathTree(graph, from, { goal, without, heuristic: greatCircleBound(graph, goal, perKm) });
  return pathTo(graph, tree, goal);
}
