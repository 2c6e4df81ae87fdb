/** One group as this hub lives in it: who is there, and what is said. */
import type { Metrics } from "../common/metrics.ts";
import type { Random } from "../common/random.ts";
import { downGroupOf, type GroupId, type HubId, type HubIdentity, upGroupOf } from "../common/types.ts";
import type { HubConfig } from "../config/hub-config.ts";
import { Gossip } from "../gossip/index.ts";
import { Membership } from "../membership/index.ts";
import type { Leadership, RumorStore } from "../wire/catalog.ts";

export interface Group {
  readonly id: GroupId;
  /** `up`: with the parent and siblings; `down`: with the children; `acting`: in the parent's place, with its parent and siblings. */
  readonly role: "up" | "down" | "acting";
  /** Whose children its members are, that hub included; null for a group of one. */
  readonly parent: HubId | null;
  readonly membership: Membership;
  readonly gossip: Gossip;
}

export interface GroupParts {
  readonly config: HubConfig;
  readonly incarnation: () => number;
  readonly instance: number;
  /** The replicated store as that group may see it. */
  readonly storeFor: (group: GroupId) => RumorStore;
  readonly raiseIncarnation: (atLeast: number) => number;
  readonly random: Random;
  readonly metrics: Metrics;
}

/** The groups of a hub, the one with its parent first. */
export function openGroups(parts: GroupParts): Group[] {
  const up = upGroupOf(parts.config.hub);
  const down = downGroupOf(parts.config.hub);
  const { hubId, parent } = parts.config.hub;
  return [
    ...(up === null ? [] : [openGroup({ id: up, role: "up", parent }, parts)]),
    ...(down === null ? [] : [openGroup({ id: down, role: "down", parent: hubId }, parts)]),
  ];
}

/** `seeds`: of the group of a stand-in, the members to look for. */
export function openGroup(
  { id, role, parent }: Pick<Group, "id" | "role" | "parent">,
  parts: GroupParts,
  standsIn: Leadership | null = null,
  seeds: readonly HubIdentity[] = parts.config.seeds,
): Group {
  const { config, random, metrics } = parts;
  const self: HubIdentity = config.hub;
  declareMetrics(id, metrics);
  return {
    id,
    role,
    parent,
    membership: new Membership({
      group: id,
      self,
      standsIn,
      meets: (hub) => hub.hubId === self.hubId || (groupOfKin(self, hub) ?? id) === id,
      seeds: new Set(seeds.map(({ hubId }) => hubId)),
      incarnation: parts.incarnation(),
      instance: parts.instance,
      capacity: id === "global" ? config.limits.maxRegionalHubs : config.limits.maxChildHubs,
      config: config.membership,
      maxNeighbours: Math.floor((config.network.maxConnections - SPARE_LINKS) / 2),
      raiseIncarnation: parts.raiseIncarnation,
      random,
      metrics,
    }),
    gossip: new Gossip({
      group: id,
      self,
      config: config.gossip,
      maxQueued: config.limits.maxGossipMessages,
      store: parts.storeFor(id),
      random,
      metrics,
    }),
  };
}

/** The group that the configuration gives two hubs in common. */
function groupOfKin(self: HubIdentity, hub: HubIdentity): GroupId | null {
  const { hubId, parent } = self;
  if (parent !== null && (hub.hubId === parent || hub.parent === parent)) return upGroupOf(self);
  return hub.parent === hubId ? downGroupOf(self) : null;
}

/** Those that operators watch by name are there from the start: none yet is not the same as not measured. */
function declareMetrics(group: GroupId, metrics: Metrics): void {
  metrics.count("membership_failures_total", 0, { group });
  metrics.declare("gossip_message_latency", { group });
  metrics.declare("consensus_proposal_time", { group });
}

/** Kept free of the overlay: for joiners, indirect probes and redials. */
const SPARE_LINKS = 2;

/**
 * A hub in two groups gives each half of its links; what a small group leaves goes to the other.
 * `sizes` are the other members of each group.
 */
export function shareLinks(maxConnections: number, sizes: readonly number[]): number[] {
  const budget = Math.max(2, maxConnections - SPARE_LINKS);
  if (sizes.length < 2) return sizes.map(() => budget);
  const half = Math.floor(budget / 2);
  const unused = sizes.map((size) => Math.max(0, half - size));
  return sizes.map(
    (_, index) => half + sizes.reduce((sum, __, other) => (other === index ? sum : sum + (unused[other] ?? 0)), 0),
  );
}

/** With whom the groups want links, each within its share. */
export function wantedLinks(groups: readonly Group[], maxConnections: number): HubId[] {
  const sizes = groups.map(({ membership }) => membership.present() - 1);
  const shares = shareLinks(maxConnections, sizes);
  return groups.flatMap(({ membership }, index) => {
    membership.setMaxNeighbours(shares[index] ?? 0);
    return membership.neighbours();
  });
}
