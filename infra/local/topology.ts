/** The federation file of a local planet, read from disk and checked for what running it here needs. */
import { join } from "node:path";
import { type ConfigError, type Federation, formatError, parseFederationFile } from "../../hub-core/config/index.ts";
import { readText } from "./files.ts";

export const DEFAULT_TOPOLOGY = join(import.meta.dirname, "../topologies/planet.yaml");

/** Ordered pairs of regions with the round trip between them. */
export interface Road {
  readonly from: string;
  readonly to: string;
  readonly rttMs: number;
}

export class InvalidTopology extends Error {
  readonly errors: readonly ConfigError[];

  constructor(file: string, errors: readonly ConfigError[]) {
    super(errors.map((error) => formatError(error, file)).join("\n"));
    this.errors = errors;
  }
}

export async function loadTopology(file: string): Promise<Federation> {
  const parsed = parseFederationFile(await readText(file), process.env);
  if (!parsed.ok) throw new InvalidTopology(file, parsed.errors);
  const { missing } = roadsOf(parsed.value);
  if (missing.length === 0) return parsed.value;
  const wanted = missing.map(([a, b]) => `  - { between: [${a}, ${b}], rtt_ms: … }`);
  throw new InvalidTopology(file, [
    {
      line: null,
      column: null,
      path: "latency",
      value: "nothing",
      expected: "a round trip for every pair of regions",
      message: `latency lacks pairs that the WAN emulator needs, add:\n${wanted.join("\n")}`,
    },
  ]);
}

export function roadsOf(federation: Federation): { roads: Road[]; missing: [string, string][] } {
  const known = new Map(
    federation.latency.flatMap(({ between: [a, b], rttMs }) => [
      [`${a} ${b}`, rttMs] as const,
      [`${b} ${a}`, rttMs] as const,
    ]),
  );
  const ids = federation.regions.map((region) => region.id);
  const roads: Road[] = [];
  const missing: [string, string][] = [];
  for (const from of ids) {
    for (const to of ids) {
      if (from === to) continue;
      const rttMs = known.get(`${from} ${to}`);
      if (rttMs !== undefined) roads.push({ from, to, rttMs });
      else if (ids.indexOf(from) < ids.indexOf(to)) missing.push([from, to]);
    }
  }
  return { roads, missing };
}
