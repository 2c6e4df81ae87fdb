/** What a file settles for every hub that it describes: all values present, spans in milliseconds, sizes in bytes. */
import type { DurationMs } from "../common/types.ts";
import type {
  ConsensusConfig,
  GossipConfig,
  LimitsConfig,
  MembershipConfig,
  NetworkConfig,
  RegistryConfig,
  StateConfig,
} from "./hub-config.ts";

export const PROFILES = ["responsive", "economy"] as const;
export type Profile = (typeof PROFILES)[number];

export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type ConfiguredLogLevel = (typeof LOG_LEVELS)[number];

export const AUTHENTICATION_METHODS = ["jwt", "none"] as const;

export interface MonitoringConfig {
  readonly metricsEnabled: boolean;
  readonly metricsPort: number;
  readonly logLevel: ConfiguredLogLevel;
}

export interface SecurityConfig {
  readonly tlsEnabled: boolean;
  readonly method: (typeof AUTHENTICATION_METHODS)[number];
  /** HS256 key of user tokens; null when the file names none. */
  readonly secretKey: string | null;
  readonly tokenExpiryMs: DurationMs;
  readonly issuer: string;
  readonly rbacEnabled: boolean;
  readonly adminRoles: readonly string[];
  readonly operatorRoles: readonly string[];
}

export interface Settings {
  readonly profile: Profile | null;
  readonly network: NetworkConfig;
  readonly gossip: GossipConfig;
  readonly membership: MembershipConfig;
  readonly consensus: ConsensusConfig;
  readonly registry: RegistryConfig;
  readonly state: StateConfig;
  readonly monitoring: MonitoringConfig;
  readonly limits: LimitsConfig;
  readonly security: SecurityConfig;
}
