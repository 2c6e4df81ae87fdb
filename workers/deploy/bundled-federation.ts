/** What of a federation file is deployed: all but its clusters, which register themselves, and its round trips, which are measured. */
import { parse } from "yaml";
import { type ConfigError, formatError, parseFederationFile } from "../../hub-core/config/index.ts";

export interface BundledFederation {
  readonly regions: readonly { readonly id: string; readonly url: string }[];
}

/** Of a file without URLs too, which parses because it may be meant for this machine. */
const OPEN_TO_ALL: ConfigError = {
  line: null,
  column: null,
  path: "security.authentication.method",
  value: "none",
  expected: "jwt",
  message: "security.authentication.method none would let anyone on the internet write: what is deployed needs jwt",
};

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * A region without a `url` gets one to be replaced; variables that the file names are set when it runs. Or the mistakes, a line
 * each, when the file has some.
 */
export function bundledFederation(yaml: string, fileName: string, env: Variables = {}): BundledFederation | string {
  const checked = parseFederationFile(yaml, env);
  if (!checked.ok) return checked.errors.map((error) => formatError(error, fileName)).join("\n");
  if (checked.value.settings.security.method === "none") return formatError(OPEN_TO_ALL, fileName);
  const { clusters: _clusters, latency: _latency, ...federation } = parse(yaml) as BundledFederation & Unbundled;
  const regions = federation.regions.map((region) => ({
    ...region,
    url: region.url ?? `https://mpreg-${region.id}.example.workers.dev`,
  }));
  return { ...federation, regions };
}

interface Unbundled {
  readonly clusters?: unknown;
  readonly latency?: unknown;
}
