/** The federation file: the regions, hubs and clusters of a whole planet, and what every hub shares. */
import { z } from "zod";
import { type Coordinates, type HubId, invariant, type RegionId, TIERS, type Tier } from "../common/types.ts";
import type { Parsed } from "./config-error.ts";
import { federationContradictions } from "./federation-contradictions.ts";
import { federationOverrides } from "./overrides.ts";
import { readFile } from "./read-file.ts";
import { resolveSettings } from "./resolve-settings.ts";
import { coordinates, identifier, sections } from "./sections.ts";
import { PROFILES, type Settings } from "./settings.ts";
import type { Environment } from "./yaml-source.ts";

/** Where a Durable Object is asked to live. */
export const LOCATION_HINTS = ["wnam", "enam", "sam", "weur", "eeur", "apac", "oc", "afr", "me"] as const;
export type LocationHint = (typeof LOCATION_HINTS)[number];

const JURISDICTIONS = ["eu", "fedramp"] as const;

const region = z.strictObject({
  id: identifier,
  coordinates,
  location_hint: z.enum(LOCATION_HINTS).optional(),
  jurisdiction: z.enum(JURISDICTIONS).optional(),
  /** Base URL of the region's edge; the local planet fills in its own. */
  url: z.url({ protocol: /^https?$/ }).optional(),
});

const hub = z.strictObject({
  id: identifier,
  region: identifier,
  hub_tier: z.enum(TIERS),
  parent_hub: identifier.optional(),
  /** The region's, when not given. */
  coordinates: coordinates.optional(),
  /** Base URL of the hub, when it is not behind its region's edge. */
  url: z.url({ protocol: /^https?$/ }).optional(),
});

const service = z.strictObject({
  name: identifier,
  version: z.string().min(1).max(128).optional(),
  tags: z.array(z.string().min(1).max(128)).max(32).optional(),
  weight: z.int().min(0).max(1_000_000).optional(),
  capacity: z.int().min(1).max(1_000_000_000).optional(),
});

const cluster = z.strictObject({
  id: identifier,
  region: identifier,
  coordinates,
  services: z.array(service).min(1).max(128),
  namespace: identifier.optional(),
  jurisdiction: z.string().min(1).max(128).optional(),
});

const latency = z.strictObject({
  between: z.tuple([identifier, identifier]),
  rtt_ms: z.number().min(0.1).max(2_000),
});

const federationFileSchema = z.strictObject({
  federation: z.strictObject({ name: identifier, profile: z.enum(PROFILES).optional() }),
  profile: z.enum(PROFILES).optional(),
  regions: z.array(region).min(1).max(50),
  hubs: z.array(hub).min(1).max(2_000),
  clusters: z.array(cluster).max(20_000).optional(),
  latency: z.array(latency).max(2_500).optional(),
  ...sections,
});

export type FederationFileInput = z.infer<typeof federationFileSchema>;

export interface FederationRegion {
  readonly id: RegionId;
  readonly coordinates: Coordinates;
  readonly locationHint: LocationHint | null;
  readonly jurisdiction: string | null;
  readonly url: string | null;
}

export interface FederationHub {
  readonly id: HubId;
  readonly region: RegionId;
  readonly tier: Tier;
  readonly parent: HubId | null;
  readonly coordinates: Coordinates;
  /** Null: behind its region's edge. */
  readonly url: string | null;
}

export interface FederationService {
  readonly name: string;
  readonly version: string | null;
  readonly tags: readonly string[];
  readonly weight: number;
  readonly capacity: number | null;
}

export interface FederationCluster {
  readonly id: string;
  readonly region: RegionId;
  readonly coordinates: Coordinates;
  readonly services: readonly FederationService[];
  readonly namespace: string | null;
  readonly jurisdiction: string | null;
}

/** Plain JSON: it travels to the edges as it is. */
export interface Federation {
  readonly name: string;
  readonly regions: readonly FederationRegion[];
  readonly hubs: readonly FederationHub[];
  readonly clusters: readonly FederationCluster[];
  /** Round trips between regions, each pair once. */
  readonly latency: readonly { readonly between: readonly [RegionId, RegionId]; readonly rttMs: number }[];
  readonly settings: Settings;
}

export function parseFederationFile(text: string, env: Environment): Parsed<Federation> {
  const read = readFile(text, env, "federation", federationFileSchema, federationOverrides(env), (input) =>
    federationContradictions(input, settingsOf(input)),
  );
  return read.ok ? { ok: true, value: resolveFederation(read.value) } : read;
}

function settingsOf(input: FederationFileInput): Settings {
  return resolveSettings(input, input.profile ?? input.federation.profile ?? null);
}

function resolveFederation(input: FederationFileInput): Federation {
  const places = new Map(input.regions.map((entry) => [entry.id, entry.coordinates]));
  return {
    name: input.federation.name,
    regions: input.regions.map((entry) => ({
      id: entry.id,
      coordinates: entry.coordinates,
      locationHint: entry.location_hint ?? null,
      jurisdiction: entry.jurisdiction ?? null,
      url: entry.url?.replace(/\/+$/, "") ?? null,
    })),
    hubs: input.hubs.map((entry) => ({
      id: entry.id,
      region: entry.region,
      tier: entry.hub_tier,
      parent: entry.parent_hub ?? null,
      coordinates: entry.coordinates ?? regionCoordinates(places, entry.region),
      url: entry.url?.replace(/\/+$/, "") ?? null,
    })),
    clusters: (input.clusters ?? []).map((entry) => ({
      id: entry.id,
      region: entry.region,
      coordinates: entry.coordinates,
      services: entry.services.map((offered) => ({
        name: offered.name,
        version: offered.version ?? null,
        tags: offered.tags ?? [],
        weight: offered.weight ?? 100,
        capacity: offered.capacity ?? null,
      })),
      namespace: entry.namespace ?? null,
      jurisdiction: entry.jurisdiction ?? null,
    })),
    latency: (input.latency ?? []).map((pair) => ({ between: pair.between, rttMs: pair.rtt_ms })),
    settings: settingsOf(input),
  };
}

function regionCoordinates(places: ReadonlyMap<RegionId, Coordinates>, region: RegionId): Coordinates {
  const found = places.get(region);
  invariant(found !== undefined, "every hub's region was checked to exist");
  return found;
}
