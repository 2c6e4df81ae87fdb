/** Renders wrangler.toml for a federation: one environment per region, each with its own script, hubs and blast radius. */
import type { BundledFederation } from "./bundled-federation.ts";

/** `source`: the federation file, as seen from the repository. */
export function renderWranglerToml({ regions }: BundledFederation, source: string): string {
  return [head(source), ...regions.map(({ id }) => environment(id))].join("\n");
}

function environment(region: string): string {
  return `[env.${region}]
name = "mpreg-${region}"
vars = { MPREG_REGION = "${region}", MPREG_LOG_LEVEL = "info" }
durable_objects.bindings = [{ name = "HUB", class_name = "HubObject" }]
`;
}

const head = (source: string): string => `# One environment per region: npx wrangler deploy --env us-east
# Written by \`npm run wrangler-toml\` from ${source}, which also names each region's URL. Two secrets per
# environment: MPREG_PEER_KEY (hubs know each other by it) and JWT_SECRET_KEY (users' tokens are signed with it).
name = "mpreg"
main = "workers/index.ts"
compatibility_date = "2026-11-01"
send_metrics = false
minify = true

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
