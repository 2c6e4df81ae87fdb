/** `mpreg route`: where a client should go, and why. */
import { type Command, Option } from "commander";
import { call, problemError } from "../api.ts";
import { CommandError, usageError } from "../errors.ts";
import { print, terminalWidth } from "../output.ts";
import { table, wrapped } from "../table.ts";
import { resolveTarget, type TargetOptions, withTarget } from "../target.ts";

interface RouteOptions extends TargetOptions {
  readonly service: string;
  readonly from?: string;
  readonly lat?: string;
  readonly lon?: string;
  readonly tags?: string;
  readonly serviceVersion?: string;
  readonly namespace?: string;
  readonly jurisdiction?: string;
  readonly exclude?: string;
  readonly sticky?: string;
  readonly limit?: string;
  readonly maxAge?: string;
  readonly strategy?: string;
  readonly explain?: boolean;
}

interface Choice {
  readonly cluster_id: string;
  readonly hub_id: string;
  readonly region: string;
  readonly url: string;
  readonly expected_latency_ms: number;
  readonly latency_source: string;
  readonly score: number;
}

interface Candidate {
  readonly cluster_id: string;
  readonly eligible: boolean;
  readonly filtered_by?: string;
  readonly score?: number;
  readonly terms?: Readonly<Record<"latency" | "load" | "health" | "cost" | "policy", number>>;
}

interface Decision {
  readonly decision_id: string;
  readonly service: string;
  readonly chosen: Choice;
  readonly alternatives: readonly Choice[];
  readonly path: readonly string[];
  readonly path_latency_ms: number | null;
  readonly catalog_version: number;
  readonly data_age_ms: number;
  readonly position: { readonly latitude: number; readonly longitude: number; readonly source: string };
  readonly explain?: { readonly candidates: readonly Candidate[] };
}

export function routeCommand(command: Command): Command {
  command
    .requiredOption("--service <name>", "the service")
    .option("--from <place>", "where the client is: a city, an airport, a cloud region or a hub")
    .option("--lat <degrees>", "or its latitude")
    .option("--lon <degrees>", "and longitude")
    .option("--tags <tags>", "that the service must have, with commas between")
    .option("--service-version <version>", "of the service")
    .option("--namespace <namespace>", "of the cluster")
    .option("--jurisdiction <jurisdiction>", "that the data must stay in")
    .option("--exclude <ids>", "clusters not to use, with commas between")
    .option("--sticky <key>", "the same key goes to the same cluster")
    .option("--limit <n>", "how many to name")
    .option("--max-age <ms>", "refuse to answer from older data")
    .addOption(new Option("--strategy <strategy>").choices(["best", "nearest", "least_loaded", "weighted"]))
    .option("--explain", "every candidate with its terms, or with the rule that removed it");
  return withTarget(command).action(route);
}

async function route(options: RouteOptions): Promise<void> {
  if ((options.lat === undefined) !== (options.lon === undefined)) throw usageError("--lat and --lon go together");
  const target = await resolveTarget(options, "viewer");
  const answer = await call(target, "GET", `/api/route?${query(options)}`);
  if (answer.status === 200) {
    print(options.json, answer.body, () => decision(answer.body as Decision, options.from));
    return;
  }
  const { explain } = (answer.body ?? {}) as Pick<Decision, "explain">;
  const problem = problemError(answer);
  if (!explain) throw problem;
  throw new CommandError(`${problem.message}\n\n${candidates(explain.candidates)}`, undefined, answer.body);
}

export function query(options: Omit<RouteOptions, "stateDir">): URLSearchParams {
  const given: Readonly<Record<string, string | undefined>> = {
    service: options.service,
    from: options.from,
    lat: options.lat,
    lon: options.lon,
    tags: options.tags,
    version: options.serviceVersion,
    namespace: options.namespace,
    jurisdiction: options.jurisdiction,
    exclude: options.exclude,
    sticky: options.sticky,
    limit: options.limit,
    max_age_ms: options.maxAge,
    strategy: options.strategy,
    explain: options.explain ? "1" : undefined,
  };
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(given)) if (value !== undefined) parameters.set(name, value);
  return parameters;
}

function decision(found: Decision, from: string | undefined): string {
  const { chosen, position } = found;
  const where = `${position.latitude.toFixed(2)}, ${position.longitude.toFixed(2)} (${position.source})`;
  const lines = [
    `${found.service} for ${from === undefined ? where : `${from} at ${where}`}`,
    `→ ${chosen.cluster_id} in ${chosen.region}: ${ms(chosen.expected_latency_ms)} ms expected (${chosen.latency_source}), score ${ms(chosen.score)}`,
    `  ${chosen.url}`,
    `  by ${found.path.join(" → ")}${found.path_latency_ms === null ? "" : `, ${ms(found.path_latency_ms)} ms`}`,
    `  catalog ${found.catalog_version}, data ${ms(found.data_age_ms)} ms old`,
    `  decision ${found.decision_id}`,
  ];
  const parts = lines.map((line) => wrapped(line, terminalWidth(), "    "));
  if (found.alternatives.length > 0) parts.push("", "else", choices(found.alternatives));
  if (found.explain) parts.push("", "why", candidates(found.explain.candidates));
  return parts.join("\n");
}

function choices(list: readonly Choice[]): string {
  return table(
    [
      { title: "cluster", value: (choice) => choice.cluster_id },
      { title: "region", value: (choice) => choice.region },
      { title: "ms", value: (choice) => ms(choice.expected_latency_ms), align: "right" },
      { title: "source", value: (choice) => choice.latency_source, spare: 1 },
      { title: "score", value: (choice) => ms(choice.score), align: "right", spare: 2 },
      { title: "url", value: (choice) => choice.url },
    ],
    list,
    terminalWidth(),
  );
}

function candidates(list: readonly Candidate[]): string {
  const sorted = list.toSorted((a, b) => (a.score ?? Infinity) - (b.score ?? Infinity));
  const term = (name: keyof NonNullable<Candidate["terms"]>, spare = 0) => ({
    title: name,
    spare,
    value: (candidate: Candidate) => (candidate.terms ? ms(candidate.terms[name]) : null),
    align: "right" as const,
  });
  return table(
    [
      { title: "cluster", value: (candidate) => candidate.cluster_id },
      { title: "removed by", value: (candidate) => candidate.filtered_by ?? "" },
      {
        title: "score",
        value: (candidate) => (candidate.score === undefined ? null : ms(candidate.score)),
        align: "right",
      },
      term("latency"),
      term("load"),
      term("health"),
      term("cost", 1),
      term("policy", 2),
    ],
    sorted,
    terminalWidth(),
  );
}

function ms(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(1);
}
