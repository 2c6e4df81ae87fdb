/** What of a federation file is deployed: all but its clusters, which register themselves, and its round trips, which are measured. */
import { parse } from "yaml";
import { formatError, parseFederationFile } from "../../hub-core/config/index.ts";

export interface BundledFederation {
  readonly regions: readonly { readonly id: string; readonly url: string }[];
}

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * A region without a `url` gets one to be replaced; variables that the file names are set when it runs. Or the mistakes, a line
 * each, when the file has some.
 */
export function bundledFederation(yaml: string, fileName: string, env: Variables = {}): BundledFederation | string {
  const checked = parseFederationFile(yaml, env);
  if (!checked.ok) return checked.errors.map((error) => formatError(error, fileName)).join("\n");
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
