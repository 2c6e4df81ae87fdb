/** The real thing: `Hub` machines in the simulated world, and what the invariants may see of them. */

import type { GroupId } from "../../hub-core/common/types.ts";
import { Hub } from "../../hub-core/hub/index.ts";
import type { GroupView, Insight, MachineKind, ReplicaView } from "./machine.ts";

export const realHubs: MachineKind<Hub> = {
  create: (options, now) =>
    new Hub(
      {
        config: options.config,
        stored: options.stored,
        seed: options.seed,
        softwareVersion: options.softwareVersion,
        ...(options.protocolVersion === null ? {} : { protocolVersion: options.protocolVersion }),
      },
      now,
    ),
  inspect: lookInside,
  opinion: (hub, about) => {
    for (const { membership } of hub.groups) {
      const member = membership.member(about);
      if (member) return member.state;
    }
    return undefined;
  },
  gossip: (hub) => {
    const stats = hub.groups.map(({ gossip }) => gossip.stats());
    return {
      received: stats.reduce((sum, group) => sum + group.rumors_received, 0),
      duplicates: stats.reduce((sum, group) => sum + group.duplicates, 0),
    };
  },
  versions: (hub) => {
    let members = 0;
    for (const { membership } of hub.groups) members += membership.version;
    return { logs: hub.registry.logsVersion, members };
  },
  usage: (hub) => [
    { name: "links", used: hub.links.standing, max: hub.config.network.maxConnections },
    { name: "clusters", used: hub.registry.clustersOwned, max: hub.config.limits.maxClusters },
  ],
  replicas: (hub) => hub.agreement.all().map(replicaView),
  relayed: (hub) =>
    hub.groups.reduce((sum, { id }) => sum + hub.metrics.value("consensus_messages_relayed_total", { group: id }), 0),
  proposal: (hub, group, proposalId) => {
    const reply = hub.agreement.of(group)?.state.proposal(proposalId);
    return reply?.ok ? reply.value : undefined;
  },
};

function replicaView({ group, raft, replication, state }: ReturnType<Hub["agreement"]["all"]>[number]): ReplicaView {
  const { lineage, term, votedFor, leader, configuration, log, commit } = raft.state;
  return {
    group,
    lineage,
    role: raft.role.kind,
    term,
    votedFor,
    leader,
    configuration,
    lastIndex: log.lastIndex,
    commit,
    applied: replication.applied,
    hash: state.hash,
    quiet: raft.quiet,
  };
}

function lookInside(hub: Hub): Insight {
  const groups = new Map<GroupId, GroupView>();
  for (const group of hub.groups) {
    const { hubId } = hub.self;
    const others = group.membership.members().filter((member) => member.identity.hubId !== hubId);
    groups.set(group.id, {
      incarnation: group.membership.member(hubId)?.incarnation ?? hub.incarnation,
      others: others.map(({ identity, state, incarnation }) => ({ hubId: identity.hubId, state, incarnation })),
    });
  }
  return {
    groups,
    catalog: hub.registry.catalog,
    coordinates: hub.coordination.held(hub.now).map(({ group, term, since }) => ({ group, term, since })),
    store: hub.registry.storeFor(null),
    logsChangedSince: (version) => hub.registry.logsChangedSince(version),
    queues: () =>
      hub.groups.map(({ id, gossip }) => ({
        name: `rumors queued for one peer in ${id}`,
        used: gossip.longestQueue,
        max: gossip.queueLimit,
      })),
    state: {
      keys: () => [...hub.eventual.fingerprints().keys()].filter((key) => hub.eventual.read(key) !== undefined),
      read: (key) => hub.eventual.read(key),
      clockAhead: (now) => {
        const { ahead_ms, max_skew_ms } = hub.eventual.status(now).clock;
        return { ms: ahead_ms, max: max_skew_ms };
      },
    },
  };
}
