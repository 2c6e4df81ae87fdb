/** One write as an edge would carry it out: asks a hub, follows redirects a few times, and gives up when the hub dies meanwhile. */
import type { Reply } from "../../../hub-core/common/problem.ts";
import type { DurationMs, HubId } from "../../../hub-core/common/types.ts";
import type { Request } from "../../../hub-core/hub/requests.ts";
import type { SimHub } from "../sim-hub.ts";
import type { World } from "../world.ts";

const MAX_REDIRECTS = 4;
/** After this the edge stops waiting for the hub. */
const PATIENCE_MS: DurationMs = 5_000;

/** `hub` is the one that gave the last word; null when nobody answered. */
export interface Answer {
  readonly hub: HubId | null;
  readonly reply: Reply | null;
}

/** `request` is built anew for each hub asked: one that was redirected to is told so. */
export function converse(
  world: World,
  first: SimHub,
  request: (redirects: number) => Request,
  finished: (answer: Answer) => void,
): void {
  const ask = (hub: SimHub, redirects: number): void => {
    let settled = false;
    const settle = (answer: Answer): void => {
      if (settled) return;
      settled = true;
      finished(answer);
    };
    world.clock.after(PATIENCE_MS, () => settle({ hub: null, reply: null }));
    world.ask(hub, request(redirects), (reply) => {
      if (settled) return;
      const onwards = redirects < MAX_REDIRECTS ? redirectOf(reply, world) : undefined;
      if (!onwards) return settle({ hub: hub.id, reply });
      settled = true;
      ask(onwards, redirects + 1);
    });
  };
  ask(first, 0);
}

function redirectOf(reply: Reply, world: World): SimHub | undefined {
  if (reply.ok || reply.problem.code !== "redirect") return undefined;
  const target = reply.problem.extra?.hub_id;
  return typeof target === "string" ? world.hub(target) : undefined;
}
