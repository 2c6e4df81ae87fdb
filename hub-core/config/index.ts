export { type ConfigError, formatError, type Parsed } from "./config-error.ts";
export {
  type Federation,
  type FederationCluster,
  type FederationHub,
  type FederationRegion,
  type FederationService,
  LOCATION_HINTS,
  type LocationHint,
  parseFederationFile,
} from "./federation-file.ts";
export type * from "./hub-config.ts";
export { GOSSIP_MODES, GOSSIP_STRATEGIES } from "./hub-config.ts";
export { type AddressOf, hubConfigOf, hubConfigs, hubIdentity } from "./hub-configs.ts";
export { type NodeFile, type NodePorts, parseNodeFile } from "./node-file.ts";
export type { NodeOverrides } from "./overrides.ts";
export { findPlace, type Place, suggestPlace } from "./places.ts";
export { isLoopback } from "./section-contradictions.ts";
export type {
  ConsensusConfig,
  MonitoringConfig,
  Profile,
  SecurityConfig,
  Settings,
} from "./settings.ts";
