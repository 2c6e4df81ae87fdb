/**
 * Whether a hub that has started knows what the others know. Until then its answers are true to less than there is, and
 * whoever asks may ask another. It is caught up when it has compared views with a peer in each of its groups and knows the
 * hubs above it, for as long as what differed takes to come; or after a bounded time, for it may be alone.
 */
import type { DurationMs, Millis } from "../common/types.ts";
import type { Hub } from "./hub.ts";

/** What differed is asked for and sent: a round trip round the world, or two. */
export const ARRIVAL_MS: DurationMs = 500;
export const PATIENCE_MS: DurationMs = 3_000;

export class CatchUp {
  #done = false;

  done(hub: Hub, now: Millis): boolean {
    this.#done ||= now - comparedAt(hub) >= ARRIVAL_MS || now - hub.startedAt >= PATIENCE_MS;
    return this.#done;
  }
}

/** Infinity before it has. */
function comparedAt({ self, groups, registry }: Hub): Millis {
  // A region that starts as a whole compares with itself first: it has met the others once the hubs above are known.
  const seen = new Set([self.hubId]);
  for (let above = self.parent; above !== null && !seen.has(above); ) {
    seen.add(above);
    const record = registry.catalog.hub(above)?.record;
    if (!record) return Number.POSITIVE_INFINITY;
    above = record.parent;
  }
  const shared = groups.filter(({ membership }) => membership.members().length > 1);
  if (shared.length === 0) return Number.POSITIVE_INFINITY;
  return Math.max(...shared.map(({ gossip }) => gossip.comparedAt ?? Number.POSITIVE_INFINITY));
}
