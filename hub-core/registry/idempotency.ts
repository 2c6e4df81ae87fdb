/** First outcomes of writes by their key: a retry gets the same answer and applies nothing twice. */
import { type Reply, refused } from "../common/problem.ts";
import type { Millis } from "../common/types.ts";
import { IDEMPOTENCY_TTL_MS, MAX_IDEMPOTENCY_KEYS } from "./limits.ts";
import type { ClusterWrite } from "./registry-requests.ts";

interface Outcome {
  readonly body: string;
  readonly reply: Reply;
  readonly at: Millis;
}

export class IdempotencyTable {
  /** Oldest first, as a Map keeps them. */
  readonly #outcomes = new Map<string, Outcome>();

  get size(): number {
    return this.#outcomes.size;
  }

  /** What was answered the first time; a refusal when the key came with another body; undefined when it is new. */
  recall(write: ClusterWrite, now: Millis): Reply | undefined {
    if (write.idempotencyKey === undefined) return undefined;
    const outcome = this.#outcomes.get(write.idempotencyKey);
    if (!outcome || now - outcome.at >= IDEMPOTENCY_TTL_MS) return undefined;
    if (outcome.body === bodyOf(write)) return outcome.reply;
    const detail = "This Idempotency-Key came with another request before. Use a new key for a new request.";
    return refused(422, "idempotency_key_reused", detail);
  }

  /** Refusals that another try may turn are not outcomes: the next try is a try. */
  record(write: ClusterWrite, reply: Reply, now: Millis): void {
    if (write.idempotencyKey === undefined) return;
    if (!reply.ok && (reply.problem.status >= 500 || reply.problem.code === "redirect")) return;
    this.#outcomes.delete(write.idempotencyKey);
    for (const [key, { at }] of this.#outcomes) {
      if (this.#outcomes.size < MAX_IDEMPOTENCY_KEYS && now - at < IDEMPOTENCY_TTL_MS) break;
      this.#outcomes.delete(key);
    }
    this.#outcomes.set(write.idempotencyKey, { body: bodyOf(write), reply, at: now });
  }
}

/** Where the request came by is not what it asks. */
function bodyOf(write: ClusterWrite): string {
  const { idempotencyKey: _key, assigned: _assigned, redirects: _redirects, ...body } = write;
  return JSON.stringify(body);
}
