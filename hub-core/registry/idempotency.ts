/** First outcomes of writes by their key: a retry gets the same answer and applies nothing twice, also after a crash of this hub. */
import type { Outbox, StoredOutcome } from "../common/outbox.ts";
import { type Reply, refused } from "../common/problem.ts";
import { hash32 } from "../common/random.ts";
import type { Millis } from "../common/types.ts";
import { IDEMPOTENCY_TTL_MS, MAX_IDEMPOTENCY_KEYS } from "./limits.ts";
import { redirectedTo } from "./redirect.ts";

/** Any request that may carry a key. */
export interface KeyedWrite {
  readonly idempotencyKey?: string | undefined;
  readonly assigned?: boolean | undefined;
  readonly redirects?: number | undefined;
}

export class IdempotencyTable {
  /** Oldest first, as a Map keeps them. */
  readonly #outcomes: Map<string, StoredOutcome>;

  constructor(stored: ReadonlyMap<string, StoredOutcome>) {
    this.#outcomes = new Map([...stored].sort(([, a], [, b]) => a.at - b.at));
  }

  get size(): number {
    return this.#outcomes.size;
  }

  /** What was answered the first time; a refusal when the key came with another body; undefined when it is new. */
  recall(write: KeyedWrite, now: Millis): Reply | undefined {
    if (write.idempotencyKey === undefined) return undefined;
    const outcome = this.#outcomes.get(write.idempotencyKey);
    if (!outcome || now - outcome.at >= IDEMPOTENCY_TTL_MS) return undefined;
    // Sent back here by the hub that it was sent on to.
    if (write.assigned === true && redirectedTo(outcome.reply) !== null) return undefined;
    if (outcome.request === fingerprint(write)) return outcome.reply;
    const detail = "This Idempotency-Key came with another request before. Use a new key for a new request.";
    return refused(422, "idempotency_key_reused", detail);
  }

  /**
   * Refusals that another try may turn are not outcomes: the next try is a try. A redirect is one: the hub that the first try
   * was sent on to is the one that knows how it ended.
   */
  record(write: KeyedWrite, reply: Reply, now: Millis, out: Outbox): void {
    if (write.idempotencyKey === undefined || (!reply.ok && reply.problem.status >= 500)) return;
    this.#forget(write.idempotencyKey, out);
    for (const [key, { at }] of this.#outcomes) {
      if (this.#outcomes.size < MAX_IDEMPOTENCY_KEYS && now - at < IDEMPOTENCY_TTL_MS) break;
      this.#forget(key, out);
    }
    const value = { request: fingerprint(write), reply, at: now };
    this.#outcomes.set(write.idempotencyKey, value);
    out.persist({ table: "outcome", key: write.idempotencyKey, value });
  }

  #forget(key: string, out: Outbox): void {
    if (this.#outcomes.delete(key)) out.persist({ table: "outcome", key, value: null });
  }
}

/** Where the request came by is not what it asks. */
function fingerprint(write: KeyedWrite): string {
  const { idempotencyKey: _key, assigned: _assigned, redirects: _redirects, ...body } = write;
  const text = JSON.stringify(body);
  return `${text.length}-${hash32(text).toString(36)}-${hash32(text, 1).toString(36)}`;
}
