/** The real thing: `Hub` machines in the simulated world, and what the invariants may see of them. */

import type { GroupId } from "../../hub-core/common/types.ts";
import { Hub } from "../../hub-core/hub/index.ts";
import type { Insight, MachineKind, MemberView } from "./machine.ts";

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
  usage: (hub) => [{ name: "links", used: hub.links.greeted().length, max: hub.config.network.maxConnections }],
};

function lookInside(hub: Hub): Insight {
  const groups = new Map<GroupId, MemberView[]>();
  for (const group of hub.groups) {
    const others = group.membership.members().filter((member) => member.identity.hubId !== hub.self.hubId);
    groups.set(
      group.id,
      others.map((member) => ({
        hubId: member.identity.hubId,
        state: member.state,
        incarnation: member.incarnation,
      })),
    );
  }
  return {
    incarnation: hub.incarnation,
    groups,
    catalog: hub.registry.catalog,
    store: hub.registry.storeFor(null),
  };
}
