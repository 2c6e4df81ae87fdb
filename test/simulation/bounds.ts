/** How long things may take, from the configuration alone: what the invariants hold the hubs to. */
import type { DurationMs } from "../../hub-core/common/types.ts";
import type { HubConfig } from "../../hub-core/config/hub-config.ts";
import { timingOf } from "../../hub-core/hub/agreement.ts";
import { dialTimeout } from "../../hub-core/hub/link-setup.ts";
import { silenceAfter } from "../../hub-core/hub/link-silence.ts";
import { DETOUR_MS } from "../../hub-core/hub/relay.ts";

/** The most that a message takes to cross a group over its links, relays and repairs included. */
const SPREAD_MS = 2_000;

/**
 * From a death to `failed` at every member: each neighbour probes in turn (twice, for one may be lost), the probe and
 * its indirect check time out, the suspicion runs its longest time, stretched by the awareness of a sick prober.
 */
export function detectionBound(config: HubConfig): DurationMs {
  const { probeIntervalMs, probeTimeoutMs, suspicionTimeoutMs, pauseToleranceMs } = config.membership;
  const round = (config.network.maxConnections + 1) * probeIntervalMs;
  return 2 * round + 4 * probeTimeoutMs + 2 * Math.max(suspicionTimeoutMs, pauseToleranceMs) + SPREAD_MS;
}

/**
 * From the end of all trouble of two members to each knowing the other as alive: a dial under way runs into its time-out, the redials
 * come round to each of the failed in turn, then the views are exchanged.
 */
export function reunionBound(config: HubConfig, groupSize: number): DurationMs {
  const { redialIntervalMs, probeTimeoutMs } = config.membership;
  return 2 * dialTimeout(config) + groupSize * redialIntervalMs + 4 * probeTimeoutMs + SPREAD_MS;
}

/**
 * From the death of a coordinator to a federation that is one without it: it is found dead, its stand-in finds the group above,
 * two rounds of anti-entropy bring what was missed, and its clusters have been adopted.
 */
export function failoverBound(config: HubConfig): DurationMs {
  const { registry, gossip } = config;
  return (
    detectionBound(config) + reunionBound(config, 4) + 2 * gossip.antiEntropyIntervalMs + 2 * registry.adoptAfterMs
  );
}

/** From the end of all faults to equal catalogs: reunion, then two rounds of anti-entropy through each of three tiers. */
export function convergenceBound(config: HubConfig, groupSize: number): DurationMs {
  const { adoptAfterMs } = config.registry;
  const repair = 6 * config.gossip.antiEntropyIntervalMs;
  return reunionBound(config, groupSize) + detectionBound(config) + repair + 2 * adoptAfterMs;
}

/**
 * From the cut of a road that swallows what is sent on it to the next acknowledged write at its one end: one end notices the
 * silence, the other what comes round; what was handed to the leader is handed again, and goes there and back by way of others,
 * twice, as the log has to be matched anew.
 */
export function cutRoadBound(config: HubConfig, rttMs: DurationMs): DurationMs {
  const { electionMs, heartbeatMs } = timingOf(config.membership.probeIntervalMs);
  return silenceAfter(rttMs) + DETOUR_MS + electionMs + 2 * heartbeatMs + 2 * 2 * rttMs;
}
