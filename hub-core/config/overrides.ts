/** What stands over the file: `MPREG_*` variables, and flags over both. */
import type { z } from "zod";
import { fromText, type Path } from "./schema-walk.ts";
import type { Environment } from "./yaml-source.ts";

export interface Override {
  readonly path: Path;
  readonly text: string;
  /** The variable or flag, for errors. */
  readonly origin: string;
}

const SHARED: Readonly<Record<string, Path>> = {
  MPREG_LOG_LEVEL: ["monitoring", "log_level"],
  MPREG_METRICS_ENABLED: ["monitoring", "metrics_enabled"],
  MPREG_MAX_REGIONAL_HUBS: ["limits", "max_regional_hubs"],
  MPREG_MAX_CHILD_HUBS: ["limits", "max_child_hubs"],
  MPREG_MAX_CLUSTERS: ["limits", "max_clusters"],
};

const NODE_ONLY: Readonly<Record<string, Path>> = {
  MPREG_NODE_ID: ["node", "id"],
  MPREG_REGION: ["node", "region"],
  MPREG_HUB_TIER: ["node", "hub_tier"],
};

const NODE_FLAGS = {
  nodeId: { flag: "--node-id", path: ["node", "id"] },
  region: { flag: "--region", path: ["node", "region"] },
  hubTier: { flag: "--hub-tier", path: ["node", "hub_tier"] },
  parentHub: { flag: "--parent-hub", path: ["node", "parent_hub"] },
  listenPort: { flag: "--listen-port", path: ["network", "listen_port"] },
  logLevel: { flag: "--log-level", path: ["monitoring", "log_level"] },
  metricsEnabled: { flag: "--metrics-enabled", path: ["monitoring", "metrics_enabled"] },
} as const satisfies Record<string, { flag: string; path: Path }>;

export type NodeOverrides = { readonly [K in keyof typeof NODE_FLAGS]?: string | undefined };

export function federationOverrides(env: Environment): Override[] {
  return fromEnvironment(SHARED, env);
}

/** In rising precedence. */
export function nodeOverrides(env: Environment, flags: NodeOverrides): Override[] {
  const overrides = fromEnvironment({ ...SHARED, ...NODE_ONLY }, env);
  for (const [name, { flag, path }] of Object.entries(NODE_FLAGS)) {
    const text = flags[name as keyof NodeOverrides];
    if (text !== undefined) overrides.push({ path, text, origin: flag });
  }
  return overrides;
}

function fromEnvironment(table: Readonly<Record<string, Path>>, env: Environment): Override[] {
  const overrides: Override[] = [];
  for (const [name, path] of Object.entries(table)) {
    const text = env[name];
    if (text !== undefined && text !== "") overrides.push({ path, text, origin: name });
  }
  return overrides;
}

/** A copy of `input` with the overrides in it. What is not a mapping stays, for the schema to refuse. */
export function withOverrides(input: unknown, overrides: readonly Override[], schema: z.core.$ZodType): unknown {
  let value: unknown = input === null ? undefined : input;
  for (const { path, text } of overrides) value = placed(value, path, fromText(schema, path, text));
  return value;
}

function placed(value: unknown, path: Path, leaf: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return leaf;
  if (value !== undefined && (typeof value !== "object" || value === null || Array.isArray(value))) return value;
  const held = (value ?? {}) as Record<string, unknown>;
  return { ...held, [step]: placed(held[step] ?? undefined, rest, leaf) };
}
