/** Who a peer says it is in its hello, and another run of it that is linked and lively: a restart is slower than that. */
import type { Outbox } from "../common/outbox.ts";
import type { HubIdentity, Millis } from "../common/types.ts";
import type { Leadership } from "../wire/catalog.ts";
import type { Shared } from "./shared.ts";

export interface Greeted {
  readonly hub: HubIdentity;
  readonly incarnation: number;
  /** Drawn at every start of that hub. */
  readonly instance: number;
  /** Set when it is in the group in its parent's place. */
  readonly standsIn: Leadership | null;
}

export function noticeTwin(
  { links, roster, options }: Shared,
  { hub: { hubId }, incarnation, instance }: Greeted,
  now: Millis,
  out: Outbox,
): void {
  const link = links.get(hubId);
  const lively = now - (roster.get(hubId)?.lastHeardAt ?? Number.NEGATIVE_INFINITY) < options.config.probeIntervalMs;
  if (!link || link.instance === instance || !lively) return;
  options.metrics.count("membership_clones_total", 1, { group: options.group });
  out.log("warn", "peer_clone_detected", { group: options.group, hub_id: hubId, incarnation });
}
