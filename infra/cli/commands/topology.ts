/** `mpreg topology`: the graph that routes are made on, with what was measured. */
import type { Command } from "commander";
import { callOk } from "../api.ts";
import { print, terminalWidth } from "../output.ts";
import { table } from "../table.ts";
import { resolveTarget, type TargetOptions, withTarget } from "../target.ts";

interface Topology {
  readonly nodes: readonly {
    readonly id: string;
    readonly kind: string;
    readonly region?: string;
    readonly state?: string;
    readonly latitude?: number;
    readonly longitude?: number;
    readonly coordinates?: { readonly latitude: number; readonly longitude: number };
  }[];
  readonly edges: readonly {
    readonly from: string;
    readonly to: string;
    readonly kind?: string;
    readonly rtt_ms: number | null;
    readonly loss?: number | null;
    readonly utilisation?: number | null;
  }[];
}

export function topologyCommand(command: Command): Command {
  return withTarget(command)
    .option("--clusters", "with the clusters, not only the hubs")
    .action(async (options: TargetOptions & { clusters?: boolean }) => {
      const target = await resolveTarget(options, "viewer");
      const topology = await callOk<Topology>(target, "GET", "/api/topology");
      print(options.json, topology, () => graph(topology, options.clusters ?? false));
    });
}

function graph(topology: Topology, withClusters: boolean): string {
  const nodes = topology.nodes.filter((node) => withClusters || node.kind !== "cluster");
  const shown = new Set(nodes.map((node) => node.id));
  const edges = topology.edges.filter((edge) => shown.has(edge.from) && shown.has(edge.to));
  const percent = (value: number | null | undefined): string | null =>
    value === null || value === undefined ? null : `${Math.round(value * 1_000) / 10}%`;
  return [
    `${nodes.length} nodes`,
    table(
      [
        { title: "node", value: (node) => node.id },
        { title: "kind", value: (node) => node.kind },
        { title: "region", value: (node) => node.region },
        { title: "state", value: (node) => node.state },
        { title: "position", value: position },
      ],
      nodes,
      terminalWidth(),
    ),
    "",
    `${edges.length} edges`,
    table(
      [
        { title: "from", value: (edge) => edge.from },
        { title: "to", value: (edge) => edge.to },
        { title: "rtt ms", value: (edge) => edge.rtt_ms?.toFixed(1), align: "right" },
        { title: "loss", value: (edge) => percent(edge.loss), align: "right" },
        { title: "utilisation", value: (edge) => percent(edge.utilisation), align: "right" },
      ],
      edges,
      terminalWidth(),
    ),
  ].join("\n");
}

function position(node: Topology["nodes"][number]): string | null {
  const { latitude, longitude } = node.coordinates ?? node;
  return latitude === undefined || longitude === undefined ? null : `${latitude.toFixed(2)}, ${longitude.toFixed(2)}`;
}
