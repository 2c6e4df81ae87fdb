/** Which federation this is, which part of it lives here, and where the rest is. Shared by the edge and the hubs. */
import type { HubId, RegionId } from "../../hub-core/common/types.ts";
import {
  type Federation,
  type FederationRegion,
  formatError,
  type HubConfig,
  hubConfigOf,
  isLoopback,
  parseFederationFile,
} from "../../hub-core/config/index.ts";
import { NEWEST_VERSION, OLDEST_VERSION } from "../../hub-core/wire/versions.ts";
import { type Env, variables } from "./env.ts";
import bundled from "./federation.json" with { type: "json" };

export class DeploymentError extends Error {
  override readonly name = "DeploymentError";
}

export interface Deployment {
  readonly federation: Federation;
  readonly region: FederationRegion;
  /** Ids of the hubs that live here, in the order of the federation file. */
  readonly hosted: readonly HubId[];
  /** Base URL of a region's edge as seen from here; the peers' own word is used where there is none. */
  readonly regionUrls: ReadonlyMap<RegionId, string>;
  /** The newest protocol version that hubs here speak. */
  readonly protocolVersion: number;
  /** Null when the federation does not name the hub. */
  hubConfig(id: HubId): HubConfig | null;
}

/** Throws `DeploymentError` naming what is wrong. */
export function readDeployment(env: Env): Deployment {
  const federation = federationOf(env);
  const region = federation.regions.find(({ id }) => id === env.MPREG_REGION);
  if (!region) {
    const known = federation.regions.map(({ id }) => id).join(", ");
    throw new DeploymentError(
      `MPREG_REGION is ${env.MPREG_REGION ?? "not set"}; the federation's regions are ${known}`,
    );
  }
  const regionUrls = urlsOf(federation, env);
  refuseOpen(federation, regionUrls);
  const only = env.MPREG_HUBS ? new Set(env.MPREG_HUBS.split(",").map((id) => id.trim())) : null;
  const hosted = federation.hubs
    .filter((hub) => hub.region === region.id && (only === null || only.has(hub.id)))
    .map((hub) => hub.id);
  return {
    federation,
    region,
    hosted,
    regionUrls,
    protocolVersion: protocolVersionOf(env),
    hubConfig: (id) => hubConfigOf(federation, id, (regionId) => regionUrls.get(regionId) ?? ""),
  };
}

/** Objects and requests of one isolate share it. */
let lastRead: { readonly text: string; readonly federation: Federation } | null = null;

function federationOf(env: Env): Federation {
  const text = env.MPREG_FEDERATION ?? JSON.stringify(bundled);
  if (lastRead?.text !== text) lastRead = { text, federation: resolvedFederation(text) ?? parsedFile(text, env) };
  return lastRead.federation;
}

/** Null when the text is not JSON, or not of the resolved kind: then it is a file, to be parsed and checked. */
function resolvedFederation(text: string): Federation | null {
  if (!text.trimStart().startsWith("{")) return null;
  const value = json("MPREG_FEDERATION", text);
  return typeof value.settings === "object" && Array.isArray(value.hubs) ? (value as unknown as Federation) : null;
}

function parsedFile(text: string, env: Env): Federation {
  const parsed = parseFederationFile(text, variables(env));
  if (parsed.ok) return parsed.value;
  throw new DeploymentError(parsed.errors.map((error) => formatError(error, "MPREG_FEDERATION")).join("\n"));
}

function urlsOf(federation: Federation, env: Env): Map<RegionId, string> {
  const urls = new Map<RegionId, string>();
  for (const region of federation.regions) if (region.url) urls.set(region.id, region.url);
  const given = env.MPREG_REGION_URLS ? json("MPREG_REGION_URLS", env.MPREG_REGION_URLS) : {};
  for (const [region, url] of Object.entries(given)) {
    if (typeof url !== "string" || !URL.canParse(url))
      throw new DeploymentError(`MPREG_REGION_URLS: ${region} has no URL`);
    urls.set(region, url.replace(/\/+$/, ""));
  }
  return urls;
}

/** The file was checked with the URLs that it names; what the deployment says may be others. */
function refuseOpen({ settings }: Federation, regionUrls: ReadonlyMap<RegionId, string>): void {
  if (settings.security.method !== "none") return;
  for (const url of regionUrls.values()) {
    if (isLoopback(new URL(url).hostname)) continue;
    throw new DeploymentError(`security.authentication.method none would let anyone who reaches ${url} write: use jwt`);
  }
}

function protocolVersionOf({ MPREG_PROTOCOL_VERSION: text }: Env): number {
  if (text === undefined || text === "") return NEWEST_VERSION;
  const version = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  if (version >= OLDEST_VERSION && version <= NEWEST_VERSION) return version;
  throw new DeploymentError(
    `MPREG_PROTOCOL_VERSION is ${text}; this software speaks versions ${OLDEST_VERSION} to ${NEWEST_VERSION}`,
  );
}

function json(name: string, text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (error) {
    throw new DeploymentError(`${name} is not JSON`, { cause: error });
  }
  throw new DeploymentError(`${name} is not a JSON object`);
}
