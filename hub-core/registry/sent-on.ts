/**
 * Clusters whose registration this hub has just sent on to another: until gossip brings their record, who asks here for them is
 * sent after it. An answer to the registration may overtake the news of it.
 */
import type { Reply } from "../common/problem.ts";
import type { ClusterId, DurationMs, Millis } from "../common/types.ts";

/** News from anywhere is here by then, or its hub is in trouble. */
const REMEMBERED_MS: DurationMs = 10_000;
const MAX_SENT_ON = 1_000;

export class SentOn {
  /** Oldest first. */
  readonly #redirects = new Map<ClusterId, { readonly reply: Reply; readonly at: Millis }>();

  note(clusterId: ClusterId, reply: Reply, now: Millis): void {
    this.#redirects.delete(clusterId);
    this.#redirects.set(clusterId, { reply, at: now });
    for (const [oldest, { at }] of this.#redirects) {
      if (this.#redirects.size <= MAX_SENT_ON && now - at < REMEMBERED_MS) break;
      this.#redirects.delete(oldest);
    }
  }

  find(clusterId: ClusterId, now: Millis): Reply | undefined {
    const sent = this.#redirects.get(clusterId);
    return sent && now - sent.at < REMEMBERED_MS ? sent.reply : undefined;
  }
}
