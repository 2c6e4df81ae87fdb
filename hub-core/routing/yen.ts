/** The k shortest loop-free paths (Yen 1971), each spur searched with A*. */
import { boundPerKm, shortestPath } from "./a-star.ts";
import { type Graph, MAX_HOPS, type NodePath, pathMs } from "./graph.ts";

/** Paths asked for at once. */
export const MAX_PATHS = 16;

/** At most min(k, MAX_PATHS) paths of at most MAX_HOPS hops, shortest first; equal ones in the order of their nodes. */
export function kShortestPaths(graph: Graph, from: number, to: number, k: number): NodePath[] {
  if (from === to) return k < 1 ? [] : [{ nodes: [from], edges: [], ms: 0 }];
  const perKm = boundPerKm(graph);
  const first = shortestPath(graph, from, to, perKm);
  if (!first || k < 1) return [];
  const found: NodePath[] = [first];
  const waiting: NodePath[] = [];
  const known = new Set([pathKey(first)]);
  while (found.length < Math.min(k, MAX_PATHS)) {
    const last = found.at(-1) as NodePath;
    for (let spur = 0; spur < Math.min(last.edges.length, MAX_HOPS); spur++) {
      const detour = spurPath(graph, found, last, spur, to, perKm);
      if (!detour || known.has(pathKey(detour))) continue;
      known.add(pathKey(detour));
      waiting.push(detour);
    }
    waiting.sort(byLengthThenNodes);
    const next = waiting.shift();
    if (!next) break;
    found.push(next);
  }
  return found.filter((path) => path.edges.length <= MAX_HOPS);
}

/** The shortest way that leaves `last` at its hop number `spur` and is not on the list yet. */
function spurPath(
  graph: Graph,
  found: readonly NodePath[],
  last: NodePath,
  spur: number,
  to: number,
  perKm: number,
): NodePath | null {
  const root = last.edges.slice(0, spur);
  const edges = new Uint8Array(graph.edges.length);
  for (const path of found) {
    if (root.every((edge, i) => path.edges[i] === edge)) edges[path.edges[spur] as number] = 1;
  }
  const nodes = new Uint8Array(graph.nodes);
  for (const node of last.nodes.slice(0, spur)) nodes[node] = 1;
  const rest = shortestPath(graph, last.nodes[spur] as number, to, perKm, { nodes, edges });
  if (!rest) return null;
  const all = [...root, ...rest.edges];
  return { nodes: [...last.nodes.slice(0, spur), ...rest.nodes], edges: all, ms: pathMs(graph, all) };
}

function pathKey(path: NodePath): string {
  return path.edges.join(",");
}

function byLengthThenNodes(a: NodePath, b: NodePath): number {
  if (a.ms !== b.ms) return a.ms - b.ms;
  for (let i = 0; i < Math.min(a.nodes.length, b.nodes.length); i++) {
    const difference = (a.nodes[i] as number) - (b.nodes[i] as number);
    if (difference !== 0) return difference;
  }
  return a.nodes.length - b.nodes.length;
}
