/** Where a hub's edge is, from what is said of it. */
import type { HubId } from "../../hub-core/common/types.ts";

/**
 * Base URL of an edge, without a slash at its end, user, query or fragment. WebSocket schemes are for people: the platform's
 * `fetch` upgrades http and https. Null for what is no such URL.
 */
export function edgeUrl(address: string): string | null {
  const base = URL.parse(address);
  if (!base) return null;
  const protocol = base.protocol.replace(/^ws(s?):$/, "http$1:");
  if (protocol !== "http:" && protocol !== "https:") return null;
  return `${protocol}//${base.host}${base.pathname.replace(/\/+$/, "")}`;
}

/** The hub's `/peer/{hub_id}` at the edge with that address. */
export function peerUrl(hub: HubId, address: string): string | null {
  const base = edgeUrl(address);
  return base === null ? null : `${base}/peer/${encodeURIComponent(hub)}`;
}
