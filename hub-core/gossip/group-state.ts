/** What the parts of one group's gossip share. */
import type { Metrics } from "../common/metrics.ts";
import type { Random } from "../common/random.ts";
import type { GroupId, HubId, HubIdentity } from "../common/types.ts";
import type { GossipConfig } from "../config/hub-config.ts";
import type { RumorStore } from "../wire/catalog.ts";
import { GossipCounters } from "./counters.ts";
import { LogOrder } from "./log-order.ts";
import { MissingRumors } from "./missing-rumors.ts";
import type { Peer } from "./peer.ts";
import { RecentRumors } from "./recent-rumors.ts";
import { SpanningTrees } from "./spanning-trees.ts";

export interface GossipOptions {
  readonly group: GroupId;
  readonly self: HubIdentity;
  readonly config: GossipConfig;
  /** Rumors queued or remembered for repair, all peers together. */
  readonly maxQueued: number;
  /** As this group sees it. */
  readonly store: RumorStore;
  readonly random: Random;
  readonly metrics: Metrics;
}

export interface GroupState extends GossipOptions {
  readonly peers: Map<HubId, Peer>;
  readonly trees: SpanningTrees;
  readonly recent: RecentRumors;
  readonly missing: MissingRumors;
  readonly order: LogOrder;
  readonly counters: GossipCounters;
  /** Rumors waiting for one peer. */
  readonly queueLimit: number;
}

/** How the budget of `maxQueued` is shared; queues are per peer, and a hub has about this many. */
const TYPICAL_PEERS = 10;

export function createGroupState(options: GossipOptions): GroupState {
  const quarter = Math.max(16, Math.floor(options.maxQueued / 4));
  return {
    ...options,
    peers: new Map(),
    trees: new SpanningTrees(options.self.hubId),
    recent: new RecentRumors(quarter),
    missing: new MissingRumors(quarter),
    order: new LogOrder(),
    counters: new GossipCounters(options.group, options.metrics),
    queueLimit: Math.max(16, Math.floor(options.maxQueued / 2 / TYPICAL_PEERS)),
  };
}
