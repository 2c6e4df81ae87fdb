import { expect, test } from "vitest";
import { resolveSettings } from "../../hub-core/config/resolve-settings.ts";
import { PROFILES } from "./hub-settings.ts";
import { federation, flatGroup } from "./topology.ts";

test.each(PROFILES)("simulated hubs have the settings that the product gives them, %s", (profile) => {
  const { network, gossip, membership, consensus, registry, limits } = resolveSettings({}, profile);
  for (const hub of federation(21, profile).hubs)
    expect(hub).toMatchObject({ network, gossip, membership, consensus, registry, limits });
  const wide = { ...limits, maxChildHubs: 200 };
  for (const hub of flatGroup(30, profile).hubs)
    expect(hub).toMatchObject({ network, gossip, membership, registry, limits: wide });
});

test("CONFIG-16: simulated hubs look for parent, siblings and children at the start", () => {
  const { hubs } = federation(9, "responsive");
  for (const { hub, seeds } of hubs) {
    const related = hubs
      .map((other) => other.hub)
      .filter((other) => other.hubId !== hub.hubId)
      .filter(({ hubId, parent }) => hubId === hub.parent || parent === hub.hubId || (parent && parent === hub.parent));
    expect(seeds.map(({ hubId }) => hubId).sort()).toEqual(related.map(({ hubId }) => hubId).sort());
    if (hub.tier === "local") expect(seeds.some(({ tier }) => tier === "local")).toBe(true);
  }
});
