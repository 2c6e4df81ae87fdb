/** A hub as the edge reaches it. */
import type { Env } from "../../durable-objects/deployment/index.ts";
import type { Reply } from "../../hub-core/common/problem.ts";
import type { HubId, HubIdentity } from "../../hub-core/common/types.ts";
import type { LocationHint } from "../../hub-core/config/index.ts";
import type { Request as HubRequest } from "../../hub-core/hub/index.ts";

export interface HubStub {
  ask(request: HubRequest): Promise<Reply>;
  /** A reply to each, in their order, when all are answered. */
  askAll(requests: readonly HubRequest[]): Promise<Reply[]>;
  introduce(hubs: readonly HubIdentity[]): Promise<Reply>;
  /** The peer WebSocket. */
  fetch(request: Request): Promise<Response>;
}

export type StubOf = (hub: HubId) => HubStub;

/** The hint counts when an object is first created, and never again. */
export function namespaceStubs(namespace: Env["HUB"], locationHint: LocationHint | null): StubOf {
  const options = locationHint === null ? {} : { locationHint };
  // The platform's types cannot carry a reply whose value is known only to the machine that gave it.
  return (hub) => namespace.get(namespace.idFromName(hub), options) as unknown as HubStub;
}
