/** Where a hub's `/peer/{hub_id}` is, as seen from this region. */
import type { HubIdentity } from "../../hub-core/common/types.ts";

/**
 * Base URL of a region's edge as seen from here, when the deployment says so, else what the hub says of itself.
 * WebSocket schemes are for people: the platform's `fetch` upgrades http and https. Null for what is no such URL.
 */
export function peerUrl(
  hub: Pick<HubIdentity, "hubId" | "region" | "address">,
  regionUrls: ReadonlyMap<string, string>,
): string | null {
  const base = URL.parse(regionUrls.get(hub.region) ?? hub.address);
  if (!base) return null;
  const protocol = base.protocol.replace(/^ws(s?):$/, "http$1:");
  if (protocol !== "http:" && protocol !== "https:") return null;
  const prefix = base.pathname.replace(/\/+$/, "");
  return `${protocol}//${base.host}${prefix}/peer/${encodeURIComponent(hub.hubId)}`;
}
