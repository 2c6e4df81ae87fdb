/** The configurations of simulated hubs: what the product makes of a federation file that names these hubs and a profile. */
import type { HubIdentity } from "../../hub-core/common/types.ts";
import type { Federation } from "../../hub-core/config/federation-file.ts";
import type { HubConfig } from "../../hub-core/config/hub-config.ts";
import { hubConfigs } from "../../hub-core/config/hub-configs.ts";
import { resolveSettings } from "../../hub-core/config/resolve-settings.ts";
import type { Sections } from "../../hub-core/config/sections.ts";

export type Profile = "responsive" | "economy";
export const PROFILES = ["responsive", "economy"] as const satisfies readonly Profile[];

/** Not by way of a file's text, which would refuse a group without a global hub. */
export function configsOf(hubs: readonly HubIdentity[], profile: Profile, sections: Sections = {}): HubConfig[] {
  const federation: Federation = {
    name: "simulated",
    regions: [],
    hubs: hubs.map(({ hubId, address, ...rest }) => ({ ...rest, id: hubId, url: address })),
    clusters: [],
    latency: [],
    settings: resolveSettings(sections, profile),
  };
  return hubConfigs(federation, () => "");
}
