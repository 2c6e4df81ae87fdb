/** The sections that node and federation files share, as operators write them: snake_case, spans in seconds. */
import { z } from "zod";
import { CONFLICT_STRATEGIES, GOSSIP_MODES, GOSSIP_STRATEGIES, LEAST_MESSAGE_BYTES } from "./hub-config.ts";
import { AUTHENTICATION_METHODS, LOG_LEVELS } from "./settings.ts";

const port = z.int().min(1).max(65_535);
const seconds = (least: number, most: number) => z.number().min(least).max(most);
const count = (least: number, most: number) => z.int().min(least).max(most);
export const identifier = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "letters, digits, '.', '_' and '-', starting with a letter or a digit");
export const coordinates = z.strictObject({
  latitude: z.number().min(-90).max(90),
  longitude: z.number().min(-180).max(180),
});

const networkSection = z.strictObject({
  listen_host: z.string().min(1).max(253).optional(),
  listen_port: port.optional(),
  gossip_port: port.optional(),
  membership_port: port.optional(),
  consensus_port: port.optional(),
  /** Base URL under which other machines reach this node; by default its listen address. */
  advertise_url: z.url({ protocol: /^https?$/ }).optional(),
  /** With one link a hub meets nobody but its parent, and the parent one child. */
  max_connections_per_node: count(2, 1_000).optional(),
  connection_timeout: seconds(0.1, 300).optional(),
  link_lease: seconds(30, 900).optional(),
});

const gossipSection = z.strictObject({
  interval: seconds(0.1, 3_600).optional(),
  fanout: count(1, 20).optional(),
  strategy: z.enum(GOSSIP_STRATEGIES).optional(),
  mode: z.enum(GOSSIP_MODES).optional(),
  max_message_size: count(LEAST_MESSAGE_BYTES, 1_048_576).optional(),
  compression_enabled: z.boolean().optional(),
  batch_size: count(1, 1_000).optional(),
  hop_limit: count(1, 64).optional(),
  coalesce_ms: z.number().min(0).max(1_000).optional(),
  anti_entropy_interval: seconds(1, 3_600).optional(),
  max_in_flight_bytes: count(4_096, 16_777_216).optional(),
});

const membershipSection = z.strictObject({
  probe_interval: seconds(0.1, 600).optional(),
  probe_timeout: seconds(0.05, 600).optional(),
  suspicion_timeout: seconds(0.1, 3_600).optional(),
  pause_tolerance: seconds(0, 3_600).optional(),
  indirect_probes: count(0, 10).optional(),
  retransmit_multiplier: count(1, 20).optional(),
  reclaim_after: seconds(60, 2_592_000).optional(),
  redial_interval: seconds(0.1, 600).optional(),
});

const consensusSection = z.strictObject({
  threshold: z.number().gt(0).max(1).optional(),
  proposal_timeout: seconds(0.1, 600).optional(),
});

const registrySection = z.strictObject({
  health_check_timeout: seconds(0.05, 300).optional(),
  unhealthy_threshold: count(1, 20).optional(),
  healthy_threshold: count(1, 20).optional(),
  tombstone_ttl: seconds(60, 2_592_000).optional(),
  deregister_after: seconds(10, 2_592_000).optional(),
  adopt_after: seconds(0, 3_600).optional(),
  hand_back_per_second: count(1, 1_000).optional(),
  ramp_up: seconds(0, 3_600).optional(),
  flap_window: seconds(0, 3_600).optional(),
});

const stateSection = z.strictObject({
  /** How concurrent writes are settled, by the beginning of their keys. */
  strategies: z
    .array(z.strictObject({ prefix: z.string().min(1).max(256), strategy: z.enum(CONFLICT_STRATEGIES) }))
    .max(256)
    .optional(),
  max_clock_skew: seconds(0.1, 3_600).optional(),
  max_keys: count(1, 10_000).optional(),
});

const monitoringSection = z.strictObject({
  metrics_enabled: z.boolean().optional(),
  metrics_port: port.optional(),
  health_check_interval: seconds(0.5, 3_600).optional(),
  log_level: z.enum(LOG_LEVELS).optional(),
});

const limitsSection = z.strictObject({
  max_regional_hubs: count(1, 50).optional(),
  max_child_hubs: count(1, 200).optional(),
  max_clusters: count(1, 10_000).optional(),
  max_graph_cache_size: count(1, 100_000).optional(),
  max_gossip_messages: count(100, 1_000_000).optional(),
  max_consensus_proposals: count(1, 10_000).optional(),
  cleanup_interval: seconds(1, 86_400).optional(),
});

const role = z.string().min(1).max(128);

const securitySection = z.strictObject({
  tls_enabled: z.boolean().optional(),
  authentication: z
    .strictObject({
      method: z.enum(AUTHENTICATION_METHODS).optional(),
      secret_key: z.string().min(16).max(4_096).optional(),
      token_expiry: z.number().min(60).max(31_536_000).optional(),
      issuer: z.string().min(1).max(255).optional(),
    })
    .optional(),
  authorization: z
    .strictObject({
      rbac_enabled: z.boolean().optional(),
      admin_roles: z.array(role).min(1).max(32).optional(),
      operator_roles: z.array(role).min(1).max(32).optional(),
    })
    .optional(),
});

export const sections = {
  network: networkSection.optional(),
  gossip: gossipSection.optional(),
  membership: membershipSection.optional(),
  consensus: consensusSection.optional(),
  registry: registrySection.optional(),
  state: stateSection.optional(),
  monitoring: monitoringSection.optional(),
  limits: limitsSection.optional(),
  security: securitySection.optional(),
} as const;

const sectionsObject = z.strictObject(sections);
export type Sections = z.infer<typeof sectionsObject>;
