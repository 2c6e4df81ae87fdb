import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { boundPerKm, greatCircleBound, shortestPath } from "./a-star.ts";
import { pathTo, shortestPathTree } from "./dijkstra.ts";
import { backedUp, disjointPair } from "./disjoint.ts";
import { buildGraph, type Graph, type GraphEdge, MAX_HOPS, type NodePath } from "./graph.ts";
import { unitVector } from "./great-circle.ts";
import { kShortestPaths } from "./yen.ts";

const graphs = fc.integer({ min: 2, max: 7 }).chain((nodes) =>
  fc
    .record({
      at: fc.array(
        fc.record({
          latitude: fc.double({ min: -80, max: 80, noNaN: true }),
          longitude: fc.double({ min: -180, max: 180, noNaN: true }),
        }),
        { minLength: nodes, maxLength: nodes },
      ),
      edges: fc.uniqueArray(
        fc.record({
          a: fc.integer({ min: 0, max: nodes - 1 }),
          b: fc.integer({ min: 0, max: nodes - 1 }),
          ms: fc.integer({ min: 1, max: 300 }),
        }),
        { maxLength: 14, selector: ({ a, b }) => `${Math.min(a, b)}-${Math.max(a, b)}` },
      ),
    })
    .map(({ at, edges }) => buildGraph(at.map(unitVector), edges)),
);

/** Every loop-free path, by trying them all. */
function allPaths(graph: Graph, from: number, to: number): NodePath[] {
  const found: NodePath[] = [];
  const walk = (nodes: number[], edges: number[], ms: number): void => {
    const at = nodes.at(-1) as number;
    if (at === to) {
      found.push({ nodes, edges, ms });
      return;
    }
    graph.edges.forEach(({ a, b, ms: length }, index) => {
      const next = a === at ? b : b === at ? a : -1;
      if (next >= 0 && !nodes.includes(next)) walk([...nodes, next], [...edges, index], ms + length);
    });
  };
  walk([from], [], 0);
  return found.sort((x, y) => x.ms - y.ms);
}

function ring(nodes: number): Graph {
  const edges: GraphEdge[] = [];
  for (let i = 0; i < nodes; i++) edges.push({ a: i, b: (i + 1) % nodes, ms: 1 + i / 100 });
  return buildGraph(
    edges.map((_, i) => unitVector({ latitude: 0, longitude: (360 / nodes) * i - 180 })),
    edges,
  );
}

describe("shortest paths", () => {
  test("ROUTE-20: Dijkstra finds the shortest of all paths, or none when there is none", () => {
    fc.assert(
      fc.property(graphs, (graph) => {
        const best = allPaths(graph, 0, 1)[0];
        const found = pathTo(graph, shortestPathTree(graph, 0), 1);
        expect(found?.ms).toBe(best?.ms);
      }),
    );
  });

  test("ROUTE-21: A* finds a path exactly as long as Dijkstra's, whatever the positions say", () => {
    fc.assert(
      fc.property(graphs, (graph) => {
        const found = shortestPath(graph, 0, 1, boundPerKm(graph));
        expect(found?.ms).toBe(pathTo(graph, shortestPathTree(graph, 0), 1)?.ms);
      }),
    );
  });

  test("ROUTE-21: the great-circle bound never exceeds what is left to the goal", () => {
    fc.assert(
      fc.property(graphs, (graph) => {
        const bound = greatCircleBound(graph, 1, boundPerKm(graph));
        const left = shortestPathTree(graph, 1).distance;
        for (let node = 0; node < graph.nodes; node++) expect(bound(node)).toBeLessThanOrEqual(left[node] as number);
      }),
    );
  });

  test("ROUTE-21: A* settles fewer nodes than Dijkstra where positions help", () => {
    const graph = ring(40);
    const perKm = boundPerKm(graph);
    const plain = shortestPathTree(graph, 0, { goal: 5 });
    const guided = shortestPathTree(graph, 0, { goal: 5, heuristic: greatCircleBound(graph, 5, perKm) });
    const reached = (distance: Float64Array): number => distance.filter(Number.isFinite).length;
    expect(reached(guided.distance)).toBeLessThan(reached(plain.distance));
  });
});

describe("k shortest paths", () => {
  test("ROUTE-22: Yen lists the same lengths as trying every loop-free path", () => {
    fc.assert(
      fc.property(graphs, fc.integer({ min: 1, max: 8 }), (graph, k) => {
        const expected = allPaths(graph, 0, 1).slice(0, k);
        const found = kShortestPaths(graph, 0, 1, k);
        expect(found.map(({ ms }) => ms)).toEqual(expected.map(({ ms }) => ms));
      }),
    );
  });

  test("ROUTE-23: no path visits a hub twice, none is listed twice, each is connected", () => {
    fc.assert(
      fc.property(graphs, (graph) => {
        const found = kShortestPaths(graph, 0, 1, 16);
        expect(new Set(found.map(({ nodes }) => nodes.join())).size).toBe(found.length);
        for (const { nodes, edges } of found) {
          expect(new Set(nodes).size).toBe(nodes.length);
          edges.forEach((edge, i) => {
            const { a, b } = graph.edges[edge] as GraphEdge;
            expect([a, b].sort()).toEqual([nodes[i], nodes[i + 1]].sort());
          });
        }
      }),
    );
  });

  test("ROUTE-23: paths past the hop limit are not given", () => {
    const graph = ring(MAX_HOPS * 2 - 2);
    expect(kShortestPaths(graph, 0, 2, 4).map(({ edges }) => edges.length)).toEqual([2]);
  });

  test("ROUTE-23: what there is one of is given however long it is: a shortest path, and a disjoint pair", () => {
    const graph = ring(MAX_HOPS * 4);
    const across = pathTo(graph, shortestPathTree(graph, 0), MAX_HOPS * 2);
    expect(across?.edges.length).toBe(MAX_HOPS * 2);
    const pair = disjointPair(graph, 0, 2);
    expect([pair?.primary.edges.length, pair?.backup.edges.length]).toEqual([2, MAX_HOPS * 4 - 2]);
    expect(new Set(pair?.backup.nodes).size).toBe(pair?.backup.nodes.length);
  });

  test("ROUTE-23: from a hub to itself there is the empty path", () => {
    expect(kShortestPaths(ring(4), 2, 2, 3)).toEqual([{ nodes: [2], edges: [], ms: 0 }]);
  });
});

describe("edge-disjoint pair", () => {
  test("ROUTE-24: the pair shares no edge and no pair is shorter in total; none is given only when there is none", () => {
    fc.assert(
      fc.property(graphs, (graph) => {
        const paths = allPaths(graph, 0, 1);
        let least = Infinity;
        for (const one of paths) {
          for (const other of paths) {
            if (!one.edges.some((edge) => other.edges.includes(edge))) least = Math.min(least, one.ms + other.ms);
          }
        }
        const pair = disjointPair(graph, 0, 1);
        if (!pair) {
          expect(least).toBe(Infinity);
          return;
        }
        expect(pair.primary.edges.some((edge) => pair.backup.edges.includes(edge))).toBe(false);
        expect(pair.primary.ms + pair.backup.ms).toBeCloseTo(least, 6);
        expect(pair.primary.ms).toBeLessThanOrEqual(pair.backup.ms);
      }),
    );
  });

  test("ROUTE-24: the shortest path is given up when it would leave no second one (the trap topology)", () => {
    const at = [0, 1, 2, 3].map((i) => unitVector({ latitude: i, longitude: 0 }));
    const trap = buildGraph(at, [
      { a: 0, b: 2, ms: 1 },
      { a: 2, b: 3, ms: 1 },
      { a: 3, b: 1, ms: 1 },
      { a: 0, b: 3, ms: 5 },
      { a: 2, b: 1, ms: 5 },
    ]);
    const pair = disjointPair(trap, 0, 1);
    expect([pair?.primary.ms, pair?.backup.ms]).toEqual([6, 6]);
    expect(backedUp(trap, kShortestPaths(trap, 0, 1, 1)[0] as NodePath)).toBeNull();
  });

  test("ROUTE-25: the backup of the shortest path is the shortest that shares no edge with it; none is given only when there is none", () => {
    fc.assert(
      fc.property(graphs, (graph) => {
        const [primary] = kShortestPaths(graph, 0, 1, 1);
        if (!primary) return;
        const others = allPaths(graph, 0, 1).filter(({ edges }) => !edges.some((edge) => primary.edges.includes(edge)));
        const pair = backedUp(graph, primary);
        expect(pair?.backup.ms).toBe(others[0]?.ms);
        expect(pair?.backup.edges.some((edge) => primary.edges.includes(edge)) ?? false).toBe(false);
      }),
    );
  });
});
