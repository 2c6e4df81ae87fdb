/** Records with every field present, for tests that care about some. */
import type { ClusterRecord, HubRecord } from "../wire/catalog.ts";
import type { StateReader } from "./state-reader.ts";

/** For a registry whose records of eventual state nobody reads. */
export const NO_STATES: StateReader = { admits: () => true, changed: () => {}, awayTooLong: () => {} };

export function clusterRecord(more: Partial<ClusterRecord> = {}): ClusterRecord {
  return {
    kind: "cluster",
    clusterId: "c",
    incarnation: 1,
    homeHub: "h",
    region: "r",
    coordinates: { latitude: 0, longitude: 0 },
    endpoints: [{ url: "http://c", weight: 1 }],
    services: [{ name: "web", version: null, tags: [], weight: 1, capacity: 100, load: 0, healthy: true }],
    healthCheck: null,
    ttlMs: null,
    namespace: "default",
    jurisdiction: null,
    metadata: null,
    state: "passing",
    reason: "registered",
    stateSince: 0,
    rampUntil: null,
    load: 0,
    inFlight: 0,
    checkRttMs: null,
    maintenance: null,
    draining: false,
    directedAt: 0,
    updatedAt: 0,
    verified: true,
    ...more,
  };
}

export function hubRecord(more: Partial<HubRecord> = {}): HubRecord {
  return {
    kind: "hub",
    tier: "local",
    region: "r",
    coordinates: { latitude: 0, longitude: 0 },
    parent: "p",
    address: "https://hub.example",
    incarnation: 1,
    clusters: 0,
    capacity: 100,
    load: 0,
    draining: false,
    softwareVersion: "1.0.0",
    startedAt: 0,
    cutOffSince: null,
    replica: 1,
    logs: [],
    leads: [],
    ...more,
  };
}
