/** The node file: one hub as its own process. */
import { z } from "zod";
import { type HubIdentity, TIERS } from "../common/types.ts";
import type { Parsed } from "./config-error.ts";
import { type NodeOverrides, nodeOverrides } from "./overrides.ts";
import { type Contradiction, readFile } from "./read-file.ts";
import { resolveSettings } from "./resolve-settings.ts";
import { sectionContradictions } from "./section-contradictions.ts";
import { coordinates, identifier, sections } from "./sections.ts";
import { PROFILES, type Settings } from "./settings.ts";
import type { Environment } from "./yaml-source.ts";

const nodeFileSchema = z.strictObject({
  node: z.strictObject({
    id: identifier,
    region: identifier,
    hub_tier: z.enum(TIERS),
    coordinates,
    parent_hub: identifier.optional(),
  }),
  profile: z.enum(PROFILES).optional(),
  ...sections,
});

type NodeFileInput = z.infer<typeof nodeFileSchema>;

export interface NodePorts {
  readonly listen: number;
  /** The peer WebSocket is accepted on these as well. */
  readonly gossip: number | null;
  readonly membership: number | null;
  readonly consensus: number | null;
  readonly metrics: number | null;
}

export interface NodeFile {
  readonly hub: HubIdentity;
  readonly listenHost: string;
  readonly ports: NodePorts;
  readonly settings: Settings;
}

const DEFAULT_PORT = 8_080;
const DEFAULT_HOST = "127.0.0.1";

/** `env` fills `${NAME}` and the `MPREG_*` overrides; `flags` stand over both. */
export function parseNodeFile(text: string, env: Environment, flags: NodeOverrides = {}): Parsed<NodeFile> {
  const read = readFile(text, env, "node", nodeFileSchema, nodeOverrides(env, flags), nodeContradictions);
  return read.ok ? { ok: true, value: resolveNode(read.value) } : read;
}

function resolveNode(input: NodeFileInput): NodeFile {
  const settings = resolveSettings(input, input.profile ?? null);
  const network = input.network ?? {};
  const listenHost = network.listen_host ?? DEFAULT_HOST;
  const listen = network.listen_port ?? DEFAULT_PORT;
  const host = listenHost.includes(":") && !listenHost.startsWith("[") ? `[${listenHost}]` : listenHost;
  return {
    hub: {
      hubId: input.node.id,
      tier: input.node.hub_tier,
      region: input.node.region,
      coordinates: input.node.coordinates,
      parent: input.node.parent_hub ?? null,
      address: (network.advertise_url ?? `http://${host}:${listen}`).replace(/\/+$/, ""),
    },
    listenHost,
    ports: {
      listen,
      gossip: network.gossip_port ?? null,
      membership: network.membership_port ?? null,
      consensus: network.consensus_port ?? null,
      metrics: settings.monitoring.metricsEnabled ? settings.monitoring.metricsPort : null,
    },
    settings,
  };
}

function nodeContradictions(input: NodeFileInput): Contradiction[] {
  const settings = resolveSettings(input, input.profile ?? null);
  return [
    ...parentage(input),
    ...ports(input, settings),
    ...wildcard(input),
    ...sectionContradictions(input, settings),
  ];
}

function parentage({ node }: NodeFileInput): Contradiction[] {
  const path = ["node", "parent_hub"];
  if (node.hub_tier === "global") {
    if (node.parent_hub === undefined) return [];
    return [
      { path, expected: "no parent_hub", message: `a global hub has no parent: remove parent_hub ${node.parent_hub}` },
    ];
  }
  const above = node.hub_tier === "regional" ? "global" : "regional";
  if (node.parent_hub === undefined) {
    return [
      {
        path,
        expected: `the id of its ${above} hub`,
        message: `a ${node.hub_tier} hub needs a parent: set node.parent_hub or pass --parent-hub`,
      },
    ];
  }
  if (node.parent_hub !== node.id) return [];
  return [{ path, expected: `the id of its ${above} hub`, message: `hub ${node.id} cannot be its own parent` }];
}

function ports(input: NodeFileInput, settings: Settings): Contradiction[] {
  const network = input.network ?? {};
  const used: [readonly [string, string], number | undefined][] = [
    [["network", "listen_port"], network.listen_port ?? DEFAULT_PORT],
    [["network", "gossip_port"], network.gossip_port],
    [["network", "membership_port"], network.membership_port],
    [["network", "consensus_port"], network.consensus_port],
    [["monitoring", "metrics_port"], settings.monitoring.metricsEnabled ? settings.monitoring.metricsPort : undefined],
  ];
  const owners = new Map<number, string>();
  const found: Contradiction[] = [];
  for (const [path, port] of used) {
    if (port === undefined) continue;
    const owner = owners.get(port);
    if (owner === undefined) owners.set(port, path.join("."));
    else {
      found.push({
        path,
        expected: "a port that nothing else in this file uses",
        message: `${path.join(".")} ${port} is taken: ${owner} uses it too`,
      });
    }
  }
  return found;
}

/** Listening on every interface says nothing about where others find it. */
function wildcard(input: NodeFileInput): Contradiction[] {
  const host = input.network?.listen_host;
  if (host === undefined || !["0.0.0.0", "::", "[::]", "*"].includes(host) || input.network?.advertise_url) return [];
  return [
    {
      path: ["network", "advertise_url"],
      expected: "the URL under which other hubs reach this one",
      message: `network.listen_host ${host} listens everywhere, so network.advertise_url must say where others find this hub`,
    },
  ];
}
