/** The public face of the registry. */
export type { ClusterAnswer, HubAnswer, ServiceAnswer } from "./answers.ts";
export type { HeartbeatReport } from "./owned-cluster.ts";
export type { ClusterRegistration } from "./registration.ts";
export { Registry, type RegistryOptions } from "./registry.ts";
export type { ClusterFilter, ClusterWrite, RegistryRequest, WriteOptions } from "./registry-requests.ts";
