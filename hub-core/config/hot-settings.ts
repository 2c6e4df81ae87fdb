/**
 * What may change while hubs run, in the words of the configuration file. The rest (identities, ports, sizes of messages, how
 * fast deaths are noticed) is fixed at a hub's start, because its peers rely on it.
 */
import { z } from "zod";
import type { HubConfig } from "./hub-config.ts";
import { sections } from "./sections.ts";

const gossip = sections.gossip.unwrap().pick({ interval: true, fanout: true, batch_size: true });
const consensus = sections.consensus.unwrap().pick({ threshold: true, proposal_timeout: true });
const registry = sections.registry.unwrap().pick({
  unhealthy_threshold: true,
  healthy_threshold: true,
  hand_back_per_second: true,
  ramp_up: true,
  flap_window: true,
});
const limits = sections.limits.unwrap().pick({ max_clusters: true, max_consensus_proposals: true });

export const hotSettings = z.strictObject({
  gossip: gossip.optional(),
  consensus: consensus.optional(),
  registry: registry.optional(),
  limits: limits.optional(),
});
export type HotSettings = z.infer<typeof hotSettings>;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
const ms = (seconds: number): number => Math.round(seconds * 1_000);

/** A configuration of a hub's own: its sections may be changed in place, and every machine that holds one sees it. */
export function ownConfig(config: HubConfig): HubConfig {
  const { gossip, consensus, registry, limits } = config;
  return {
    ...config,
    gossip: { ...gossip },
    consensus: { ...consensus },
    registry: { ...registry },
    limits: { ...limits },
  };
}

/** In place: what is agreed over what the file says; what is not agreed on is as in the file again. */
export function reload(own: HubConfig, file: HubConfig, hot: HotSettings): void {
  const { gossip = {}, consensus = {}, registry = {}, limits = {} } = hot;
  set(own.gossip, {
    intervalMs: gossip.interval === undefined ? file.gossip.intervalMs : ms(gossip.interval),
    fanout: gossip.fanout ?? file.gossip.fanout,
    batchSize: gossip.batch_size ?? file.gossip.batchSize,
  });
  set(own.consensus, {
    threshold: consensus.threshold ?? file.consensus.threshold,
    proposalTimeoutMs:
      consensus.proposal_timeout === undefined ? file.consensus.proposalTimeoutMs : ms(consensus.proposal_timeout),
  });
  set(own.registry, {
    unhealthyThreshold: registry.unhealthy_threshold ?? file.registry.unhealthyThreshold,
    healthyThreshold: registry.healthy_threshold ?? file.registry.healthyThreshold,
    handBackPerSecond: registry.hand_back_per_second ?? file.registry.handBackPerSecond,
    rampUpMs: registry.ramp_up === undefined ? file.registry.rampUpMs : ms(registry.ramp_up),
    flapWindowMs: registry.flap_window === undefined ? file.registry.flapWindowMs : ms(registry.flap_window),
  });
  set(own.limits, {
    maxClusters: limits.max_clusters ?? file.limits.maxClusters,
    maxConsensusProposals: limits.max_consensus_proposals ?? file.limits.maxConsensusProposals,
  });
}

function set<T>(section: T, values: Partial<T>): void {
  Object.assign(section as Mutable<T>, values);
}
