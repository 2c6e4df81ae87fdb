export { type ConfigError, formatError } from "./config-error.ts";
export {
  type Federation,
  type FederationCluster,
  type FederationRegion,
  type LocationHint,
  parseFederationFile,
} from "./federation-file.ts";
export { type FileKind, fileKind } from "./file-kind.ts";
export { hotSettings } from "./hot-settings.ts";
export type * from "./hub-config.ts";
export { hubConfigOf } from "./hub-configs.ts";
export { type NodeFile, parseNodeFile } from "./node-file.ts";
export { findPlace, suggestPlace } from "./places.ts";
export { isLoopback } from "./section-contradictions.ts";
export type { SecurityConfig } from "./settings.ts";
export { plannedGroups, survivalBySize, survivalOf } from "./survival.ts";
export { survivalWarnings } from "./survival-advice.ts";
