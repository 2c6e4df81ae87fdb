/** From what an agent says of its cluster to the record that its hub publishes. */
import {
  type ClusterId,
  type Coordinates,
  DEFAULT_NAMESPACE,
  type DurationMs,
  type HubId,
  type Json,
  type Millis,
  type RegionId,
} from "../common/types.ts";
import type { RegistryConfig } from "../config/hub-config.ts";
import type { ClusterRecord } from "../wire/catalog.ts";

export interface ClusterRegistration {
  readonly clusterId: ClusterId;
  readonly region?: RegionId | undefined;
  readonly coordinates?: Coordinates | undefined;
  readonly endpoints: readonly { readonly url: string; readonly weight?: number | undefined }[];
  readonly services: readonly {
    readonly name: string;
    readonly version?: string | undefined;
    readonly tags?: readonly string[] | undefined;
    readonly weight?: number | undefined;
    /** Requests in flight that it can carry; absent: unlimited. */
    readonly capacity?: number | undefined;
  }[];
  readonly healthCheck?:
    | { readonly url: string; readonly intervalMs?: number | undefined; readonly timeoutMs?: number | undefined }
    | undefined;
  readonly ttlMs?: number | undefined;
  readonly metadata?: Json | undefined;
  readonly jurisdiction?: string | undefined;
  readonly namespace?: string | undefined;
}

const DEFAULT_WEIGHT = 1;

export interface RegistrationContext {
  readonly self: HubId;
  /** Where the cluster is, told or assumed. */
  readonly region: RegionId;
  readonly coordinates: Coordinates;
  readonly incarnation: number;
  /** The record it replaces, if this hub owns the cluster already: what the hub knows of it is kept. */
  readonly known: ClusterRecord | undefined;
  /** What stood before, whoever owned it: a registration does not end its draining or maintenance. */
  readonly former: ClusterRecord | undefined;
  readonly directedAt: Millis;
  readonly config: RegistryConfig;
  readonly now: Millis;
}

/** What is not said fits what is: a check has ended when the next one is due. */
function checkTimes(
  { intervalMs, timeoutMs }: NonNullable<ClusterRegistration["healthCheck"]>,
  { healthCheckIntervalMs, healthCheckTimeoutMs }: RegistryConfig,
): { readonly intervalMs: DurationMs; readonly timeoutMs: DurationMs } {
  const interval = intervalMs ?? Math.max(healthCheckIntervalMs, timeoutMs ?? 0);
  return { intervalMs: interval, timeoutMs: timeoutMs ?? Math.min(healthCheckTimeoutMs, interval) };
}

/** A registration is a sign of life: a new cluster passes until a check or a missed heartbeat says otherwise. */
export function recordOf(cluster: ClusterRegistration, context: RegistrationContext): ClusterRecord {
  const { known, former, now, config } = context;
  return {
    kind: "cluster",
    clusterId: cluster.clusterId,
    incarnation: context.incarnation,
    homeHub: known?.homeHub ?? context.self,
    region: context.region,
    coordinates: context.coordinates,
    endpoints: cluster.endpoints.map(({ url, weight }) => ({ url, weight: weight ?? DEFAULT_WEIGHT })),
    services: cluster.services.map((service) => {
      const before = known?.services.find(({ name }) => name === service.name);
      return {
        name: service.name,
        version: service.version ?? null,
        tags: service.tags ?? [],
        weight: service.weight ?? DEFAULT_WEIGHT,
        capacity: service.capacity ?? null,
        load: before?.load ?? 0,
        healthy: before?.healthy ?? true,
      };
    }),
    healthCheck: cluster.healthCheck
      ? {
          url: cluster.healthCheck.url,
          ...checkTimes(cluster.healthCheck, config),
        }
      : null,
    ttlMs: cluster.ttlMs ?? null,
    namespace: cluster.namespace ?? DEFAULT_NAMESPACE,
    jurisdiction: cluster.jurisdiction ?? null,
    metadata: cluster.metadata ?? null,
    state: known?.state ?? "passing",
    reason: known?.reason ?? "registered",
    stateSince: known?.stateSince ?? now,
    rampUntil: known?.rampUntil ?? null,
    load: known?.load ?? 0,
    inFlight: known?.inFlight ?? 0,
    checkRttMs: known?.checkRttMs ?? null,
    maintenance: former?.maintenance ?? null,
    draining: former?.draining ?? false,
    directedAt: context.directedAt,
    updatedAt: now,
    verified: true,
  };
}
