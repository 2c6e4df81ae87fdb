/** What an edge may ask of the registry, already validated. Answers are built in the words of docs/API.md. */
import type { ClusterId, Millis, RegionId } from "../common/types.ts";
import type { ClusterState } from "../wire/catalog.ts";
import type { HeartbeatReport } from "./owned-cluster.ts";
import type { ClusterRegistration } from "./registration.ts";

/** What every write may carry. */
interface WriteOptions {
  readonly idempotencyKey?: string | undefined;
  /** Another hub sent the edge here: this one takes the cluster if it has room, however near others are. */
  readonly assigned?: boolean | undefined;
  /** How many hubs have sent the edge on so far. */
  readonly redirects?: number | undefined;
}

export interface ClusterFilter {
  readonly service?: string | undefined;
  readonly region?: RegionId | undefined;
  readonly state?: ClusterState | undefined;
  readonly tag?: string | undefined;
  readonly namespace?: string | undefined;
  readonly cursor?: string | undefined;
  readonly limit?: number | undefined;
}

interface OfCluster {
  readonly clusterId: ClusterId;
}

export type RegistryRequest =
  | { readonly kind: "registry-status" }
  | ({ readonly kind: "cluster-list" } & ClusterFilter)
  | ({ readonly kind: "cluster-get" } & OfCluster)
  | { readonly kind: "service-list"; readonly cursor?: string | undefined; readonly limit?: number | undefined }
  | { readonly kind: "service-get"; readonly name: string }
  | ClusterWrite;

export type ClusterWrite =
  | ({ readonly kind: "cluster-register"; readonly cluster: ClusterRegistration } & WriteOptions)
  | ({ readonly kind: "cluster-heartbeat" } & OfCluster & HeartbeatReport & WriteOptions)
  | ({ readonly kind: "cluster-remove" } & OfCluster & WriteOptions)
  | ({ readonly kind: "cluster-drain" } & OfCluster & WriteOptions)
  | ({ readonly kind: "cluster-undrain" } & OfCluster & WriteOptions)
  | ({ readonly kind: "cluster-maintenance"; readonly startsAt: Millis; readonly endsAt: Millis } & OfCluster &
      WriteOptions);
