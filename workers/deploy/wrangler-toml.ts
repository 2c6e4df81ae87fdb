/** Renders wrangler.toml from a federation file: one environment per region, each with its own script, hubs and blast radius. */
import { parse } from "yaml";

/** The platform takes this much in one variable. */
export const MAX_VARIABLE_BYTES = 5_120;

interface FederationText {
  readonly regions: readonly { readonly id: string; readonly jurisdiction?: string }[];
  readonly clusters?: unknown;
  readonly latency?: unknown;
}

export function renderWranglerToml(federationYaml: string): string {
  // Clusters register themselves, and round trips are measured: neither is a deployment's business.
  const { clusters: _clusters, latency: _latency, ...federation } = parse(federationYaml) as FederationText;
  const text = JSON.stringify(federation);
  if (text.length > MAX_VARIABLE_BYTES) {
    throw new RangeError(`the federation takes ${text.length} bytes, one variable ${MAX_VARIABLE_BYTES}`);
  }
  const urls = Object.fromEntries(federation.regions.map(({ id }) => [id, `https://mpreg-${id}.example.workers.dev`]));
  return [HEAD, ...federation.regions.map(({ id }) => environment(id, text, JSON.stringify(urls)))].join("\n");
}

function environment(region: string, federation: string, urls: string): string {
  return `[env.${region}]
name = "mpreg-${region}"

[env.${region}.durable_objects]
bindings = [{ name = "HUB", class_name = "HubObject" }]

[env.${region}.vars]
MPREG_REGION = "${region}"
MPREG_LOG_LEVEL = "info"
MPREG_REGION_URLS = '''${urls}'''
MPREG_FEDERATION = '''${federation}'''
`;
}

const HEAD = `# One environment per region: npx wrangler deploy --env us-east
# Written by workers/deploy/main.ts from infra/topologies/planet.yaml. Set your own edges in MPREG_REGION_URLS, and two secrets
# per environment: MPREG_PEER_KEY (hubs know each other by it) and JWT_SECRET_KEY (users' tokens are signed with it).
name = "mpreg"
main = "workers/index.ts"
compatibility_date = "2026-11-01"
send_metrics = false

# A hub runs once somebody has called it; its own alarm keeps it going from then on.
[triggers]
crons = ["*/5 * * * *"]

[observability]
enabled = true

[[rules]]
type = "Text"
globs = ["**/*.sql"]
fallthrough = true

[[migrations]]
tag = "v1"
new_sqlite_classes = ["HubObject"]
`;
