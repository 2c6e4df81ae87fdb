/** Which edge a command talks to, and as whom: flags, then the environment, then the planet that runs here. */
import { type Command, Option } from "commander";
import { DEFAULT_STATE_DIR, type FederationState, readFederationState } from "../local/federation-state.ts";
import type { Role } from "../local/tokens.ts";
import { CommandError, usageError } from "./errors.ts";

export interface TargetOptions {
  readonly url?: string;
  readonly region?: string;
  readonly token?: string;
  readonly stateDir: string;
  readonly json?: boolean;
}

export interface Target {
  readonly url: string;
  readonly token: string | null;
}

export function stateDirOption(): Option {
  return new Option("--state-dir <dir>", "where the local planet keeps its state").default(DEFAULT_STATE_DIR);
}

export function jsonOption(): Option {
  return new Option("--json", "print JSON");
}

export function withTarget(command: Command): Command {
  return command
    .addOption(new Option("--url <url>", "base URL of an edge").env("MPREG_URL"))
    .option("--region <region>", "ask this region's edge of the local planet")
    .addOption(new Option("--token <jwt>", "bearer token").env("MPREG_TOKEN"))
    .addOption(stateDirOption())
    .addOption(jsonOption());
}

export async function resolveTarget(options: TargetOptions, role: Role): Promise<Target> {
  if (options.url !== undefined) {
    if (!/^https?:$/.test(URL.parse(options.url)?.protocol ?? ""))
      throw usageError(`--url ${options.url} is no http or https URL`);
    return { url: options.url.replace(/\/+$/, ""), token: options.token ?? null };
  }
  const state = await localPlanet(options.stateDir);
  const token = options.token ?? state.tokens[role];
  if (options.region === undefined) return { url: state.url, token };
  return { url: regionOf(state, options.region).url, token };
}

export function regionOf(state: FederationState, id: string): FederationState["regions"][number] {
  const region = state.regions.find((candidate) => candidate.region === id);
  if (region) return region;
  throw usageError(`no region ${id} here; regions: ${state.regions.map((entry) => entry.region).join(", ")}`);
}

export async function localPlanet(stateDir: string): Promise<FederationState> {
  const state = await readFederationState(stateDir);
  if (state) return state;
  throw new CommandError(
    `no planet runs here (${stateDir}/federation.json is not there): start one with npx mpreg start, or name an edge with --url`,
  );
}
