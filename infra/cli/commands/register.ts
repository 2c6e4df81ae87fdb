/** `mpreg register`: a cluster, from flags or from a file in the shape of the API. */
import type { Command } from "commander";
import { readText } from "../../local/files.ts";
import { call, problemError } from "../api.ts";
import { usageError } from "../errors.ts";
import { print } from "../output.ts";
import { mpregLine, quoted } from "../shell.ts";
import { resolveTarget, type TargetOptions, withTarget } from "../target.ts";

interface RegisterOptions extends TargetOptions {
  readonly file?: string;
  readonly id?: string;
  readonly clusterRegion?: string;
  readonly lat?: string;
  readonly lon?: string;
  readonly endpoint: string[];
  readonly service: string[];
  readonly healthUrl?: string;
  readonly healthInterval: string;
  readonly ttl?: string;
}

interface Registered {
  readonly cluster_id: string;
  readonly hub_id: string;
  readonly catalog_version: number;
  readonly ttl_ms: number | null;
}

const several = (value: string, previous: string[]): string[] => [...previous, value];

export function registerCommand(command: Command): Command {
  command
    .option("--file <file>", "YAML or JSON, in the shape of POST /api/clusters")
    .option("--id <id>", "cluster id")
    .option("--cluster-region <region>", "region that the cluster is in")
    .option("--lat <degrees>", "latitude")
    .option("--lon <degrees>", "longitude")
    .option("--endpoint <url>", "where it answers; may be repeated", several, [])
    .option("--service <service>", "offered: name, name@version or name@version:capacity; may be repeated", several, [])
    .option("--health-url <url>", "checked by the hub")
    .option("--health-interval <ms>", "between checks", "5000")
    .option("--ttl <ms>", "critical when no heartbeat comes for so long");
  return withTarget(command).action(register);
}

async function register(options: RegisterOptions): Promise<void> {
  const body = options.file === undefined ? fromFlags(options) : await fromFile(options.file);
  const target = await resolveTarget(options, "operator");
  const answer = await call(target, "POST", "/api/clusters", body);
  if (answer.status !== 200 && answer.status !== 201) throw problemError(answer);
  const { cluster_id: id, hub_id: hub, catalog_version: version } = answer.body as Registered;
  print(options.json, answer.body, () =>
    [
      `${id} is ${answer.status === 201 ? "registered" : "replaced"} at ${hub}, catalog version ${version}`,
      `look at it: ${lookAt(`${target.url}/api/clusters/${encodeURIComponent(id)}`, options)}`,
    ].join("\n"),
  );
}

/** Reading the registry takes a token; a local planet's is at hand, and anyone else's is not for printing. */
export function lookAt(url: string, options: Pick<RegisterOptions, "url" | "stateDir">): string {
  const token = options.url === undefined ? `$(${mpregLine("token --role viewer", options.stateDir)})` : "$MPREG_TOKEN";
  return `curl -H "authorization: Bearer ${token}" ${quoted(url)}`;
}

async function fromFile(file: string): Promise<unknown> {
  const text = await readText(file);
  const { parse } = await import("yaml");
  try {
    return parse(text) as unknown;
  } catch (error) {
    throw usageError(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The body of the request. */
export function fromFlags(options: Omit<RegisterOptions, keyof TargetOptions>): Record<string, unknown> {
  if (options.id === undefined || options.endpoint.length === 0 || options.service.length === 0) {
    throw usageError("give --file, or --id with at least one --endpoint and one --service");
  }
  if ((options.lat === undefined) !== (options.lon === undefined)) throw usageError("--lat and --lon go together");
  const { lat, lon, clusterRegion, healthUrl, ttl } = options;
  return {
    cluster_id: options.id,
    ...(clusterRegion === undefined ? {} : { region: clusterRegion }),
    ...(lat === undefined || lon === undefined
      ? {}
      : { coordinates: { latitude: number(lat, "--lat"), longitude: number(lon, "--lon") } }),
    endpoints: options.endpoint.map((url) => ({ url })),
    services: options.service.map(service),
    ...(healthUrl === undefined
      ? {}
      : {
          // The hub chooses a time-out that fits the interval.
          health_check: { url: healthUrl, interval_ms: number(options.healthInterval, "--health-interval") },
        }),
    ...(ttl === undefined ? {} : { ttl_ms: number(ttl, "--ttl") }),
  };
}

/** `checkout`, `checkout@2.4.0`, `checkout@2.4.0:200`. */
export function service(text: string): Record<string, unknown> {
  const [, name, version, capacity] = /^([^@:]+)(?:@([^:]+))?(?::(\d+))?$/.exec(text) ?? [];
  if (name === undefined) throw usageError(`--service ${text}: name, name@version or name@version:capacity`);
  return {
    name,
    ...(version === undefined ? {} : { version }),
    ...(capacity === undefined ? {} : { capacity: Number(capacity) }),
  };
}

function number(text: string, flag: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value)) return value;
  throw usageError(`${flag} ${text} is not a number`);
}
