/** Eventual state within its hub: it writes into the hub's log, and its requests are done once for each Idempotency-Key. */
import type { Outbox } from "../common/outbox.ts";
import type { Reply } from "../common/problem.ts";
import type { HubIdentity, Millis } from "../common/types.ts";
import { EventualState, type StateRequest } from "../state/index.ts";
import type { Hub } from "./hub.ts";

export type { EventualState };

/** Before the registry, which tells it of every record: what it needs of that is looked up when it is needed. */
export function openEventual(hub: Hub, replica: number, expected: readonly HubIdentity[]): EventualState {
  const { config, metrics, self } = hub;
  return new EventualState({
    self: self.hubId,
    replica,
    expected: expected.map(({ hubId }) => hubId),
    config,
    metrics,
    get catalog() {
      return hub.registry.catalog;
    },
    publish: (...publication) => hub.registry.publish(...publication),
  });
}

export function answerState(hub: Hub, request: StateRequest, now: Millis, out: Outbox): Reply {
  switch (request.kind) {
    case "state-eventual-put":
    case "state-eventual-delete":
      return (
        hub.decisions.exclusion() ?? hub.registry.once(request, () => hub.eventual.request(request, now, out), now, out)
      );
    default:
      return hub.eventual.request(request, now, out);
  }
}
