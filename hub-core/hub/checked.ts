/** Who asked for a check: the registry, of a cluster that this hub owns, or the router, to learn how far another owner's is. */
import type { Outbox } from "../common/outbox.ts";
import type { Millis } from "../common/types.ts";
import { REPORT_FRESH_MS } from "../routing/index.ts";
import type { HubEvent } from "./contract.ts";
import type { Hub } from "./hub.ts";

export function checked(hub: Hub, event: Extract<HubEvent, { kind: "checked" }>, now: Millis, out: Outbox): void {
  const { clusterId, token, outcome } = event;
  const { soundings } = hub.router;
  if (!soundings.awaits(token)) return hub.registry.checked(clusterId, token, outcome, now, out);
  hub.metrics.count("routing_soundings_total", 1, { outcome: outcome.kind });
  const told = soundings.checked(token, outcome, now, out);
  if (told) hub.registry.publish(told.key, told.record, "bulk", now + REPORT_FRESH_MS, now, out);
}
