/** `GET /api/paths` and `GET /api/topology`, as they are answered. */
import type { CatalogView, ClusterView, HubView } from "../common/catalog-view.ts";
import { answered, type Reply, refused } from "../common/problem.ts";
import type { HubId } from "../common/types.ts";
import { backedUp, disjointPair } from "./disjoint.ts";
import type { NodePath } from "./graph.ts";
import { costOf, type HubGraph, hubIdsOf } from "./hub-graph.ts";
import { kShortestPaths, MAX_PATHS } from "./yen.ts";

export interface PathAnswer {
  readonly hubs: readonly HubId[];
  readonly latency_ms: number;
  readonly cost: number;
}

export interface PathsAnswer {
  readonly paths: readonly PathAnswer[];
  /**
   * Shares no edge with `primary`, so one cut leaves a way. `primary` is the first of `paths` where that has such a backup, else
   * the first of the cheapest pair that has. Absent when one cut can part the two.
   */
  readonly disjoint_backup?: PathAnswer & { readonly primary: PathAnswer };
}

/** 404 `hub_unknown`; 400 `k_out_of_range`; 503 `no_path` when one of the hubs is down or cut off. */
export function answerPaths(view: CatalogView, graph: HubGraph, from: HubId, to: HubId, k: number): Reply<PathsAnswer> {
  for (const hub of [from, to]) {
    if (!view.hub(hub)) return refused(404, "hub_unknown", `no hub is named ${hub}`, { hub_id: hub });
  }
  if (!Number.isInteger(k) || k < 1 || k > MAX_PATHS) {
    return refused(400, "k_out_of_range", `k must be a whole number from 1 to ${MAX_PATHS}`, { max: MAX_PATHS });
  }
  const a = graph.indexOf.get(from);
  const b = graph.indexOf.get(to);
  const paths = a === undefined || b === undefined ? [] : kShortestPaths(graph.graph, a, b, k);
  const [shortest] = paths;
  if (a === undefined || b === undefined || !shortest) {
    return refused(503, "no_path", `no living path leads from ${from} to ${to}`, { from, to });
  }
  const pair = backedUp(graph.graph, shortest) ?? disjointPair(graph.graph, a, b);
  const described = paths.map((path) => describe(graph, path));
  if (!pair) return answered({ paths: described });
  return answered({
    paths: described,
    disjoint_backup: { ...describe(graph, pair.backup), primary: describe(graph, pair.primary) },
  });
}

function describe(graph: HubGraph, path: NodePath): PathAnswer {
  return { hubs: hubIdsOf(graph, path), latency_ms: path.ms, cost: costOf(graph, path) };
}

/** Hubs, the clusters that they own, and what is known of the ways between them. */
export function answerTopology(view: CatalogView, graph: HubGraph): Reply<{ nodes: unknown[]; edges: unknown[] }> {
  const hubs = [...view.hubs()].sort((a, b) => (a.hubId < b.hubId ? -1 : 1));
  const clusters = [...view.clusters()].sort((a, b) => (a.record.clusterId < b.record.clusterId ? -1 : 1));
  return answered({
    nodes: [...hubs.map(hubNode), ...clusters.map(clusterNode)],
    edges: [...graph.edges.map((edge) => hubEdge(graph, edge)), ...clusters.map(clusterEdge)],
  });
}

function hubNode({ hubId: id, tier, region, parent, coordinates, state }: HubView) {
  return { id, kind: "hub", tier, region, parent, position: coordinates, coordinates, state };
}

function clusterNode({ owner, record, vouched }: ClusterView) {
  const { clusterId: id, region, coordinates, state, services } = record;
  const offered = services.map(({ name }) => name);
  return {
    id,
    kind: "cluster",
    region,
    hub_id: owner,
    position: coordinates,
    coordinates,
    state,
    vouched,
    services: offered,
  };
}

function hubEdge({ hubs }: HubGraph, { a, b, kind, measured, rttMs, loss, utilisation }: HubGraph["edges"][number]) {
  return {
    from: (hubs[a] as HubView).hubId,
    to: (hubs[b] as HubView).hubId,
    kind,
    measured,
    rtt_ms: rttMs,
    loss: measured ? loss : null,
    utilisation: measured ? utilisation : null,
  };
}

/** As the owner's health checks measure it; the load is the cluster's, not the way's. */
function clusterEdge({ owner, record: { clusterId, checkRttMs } }: ClusterView) {
  const measured = checkRttMs !== null;
  return { from: owner, to: clusterId, kind: "cluster", measured, rtt_ms: checkRttMs, loss: null, utilisation: null };
}
