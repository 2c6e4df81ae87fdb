/**
 * Two sets of spans that fit together, over the defaults. Keys in the file override either.
 *
 * `responsive`, a silent death: noticed by a probe (0.5 s) that times out (0.5 s), asked about indirectly (0.5 s), and
 * suspected for at most 2 s: 3.5 s, and never before the 3 s of silence that a paused hub is allowed.
 * `economy`: nothing ticks faster than a hub may hibernate, so an idle one costs next to nothing.
 */
import type { GossipConfig, MembershipConfig, RegistryConfig } from "./hub-config.ts";
import type { Profile } from "./settings.ts";

export interface ProfileValues {
  readonly gossip: Pick<GossipConfig, "intervalMs" | "coalesceMs" | "antiEntropyIntervalMs">;
  readonly membership: Pick<
    MembershipConfig,
    "probeIntervalMs" | "probeTimeoutMs" | "suspicionTimeoutMs" | "pauseToleranceMs" | "redialIntervalMs"
  >;
  readonly registry: Pick<
    RegistryConfig,
    "healthCheckIntervalMs" | "healthCheckTimeoutMs" | "adoptAfterMs" | "rampUpMs" | "flapWindowMs"
  >;
}

const SEED: ProfileValues = {
  gossip: { intervalMs: 1_000, coalesceMs: 3, antiEntropyIntervalMs: 30_000 },
  membership: {
    probeIntervalMs: 2_000,
    probeTimeoutMs: 5_000,
    suspicionTimeoutMs: 30_000,
    pauseToleranceMs: 15_000,
    redialIntervalMs: 2_000,
  },
  registry: {
    healthCheckIntervalMs: 30_000,
    healthCheckTimeoutMs: 5_000,
    adoptAfterMs: 5_000,
    rampUpMs: 30_000,
    flapWindowMs: 30_000,
  },
};

const RESPONSIVE: ProfileValues = {
  gossip: { intervalMs: 1_000, coalesceMs: 2, antiEntropyIntervalMs: 10_000 },
  membership: {
    probeIntervalMs: 500,
    probeTimeoutMs: 500,
    suspicionTimeoutMs: 2_000,
    pauseToleranceMs: 3_000,
    redialIntervalMs: 500,
  },
  registry: {
    healthCheckIntervalMs: 2_000,
    healthCheckTimeoutMs: 1_000,
    adoptAfterMs: 2_000,
    rampUpMs: 10_000,
    flapWindowMs: 30_000,
  },
};

const ECONOMY: ProfileValues = {
  gossip: { intervalMs: 30_000, coalesceMs: 10, antiEntropyIntervalMs: 30_000 },
  membership: {
    probeIntervalMs: 10_000,
    probeTimeoutMs: 5_000,
    suspicionTimeoutMs: 60_000,
    pauseToleranceMs: 30_000,
    redialIntervalMs: 10_000,
  },
  registry: {
    healthCheckIntervalMs: 30_000,
    healthCheckTimeoutMs: 5_000,
    adoptAfterMs: 30_000,
    rampUpMs: 60_000,
    flapWindowMs: 30_000,
  },
};

export function profileValues(profile: Profile | null): ProfileValues {
  switch (profile) {
    case "responsive":
      return RESPONSIVE;
    case "economy":
      return ECONOMY;
    case null:
      return SEED;
  }
}
