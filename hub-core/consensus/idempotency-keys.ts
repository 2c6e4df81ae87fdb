/** First outcomes by the Idempotency-Keys of users: a retry gets the same answer from every hub of the group. */
import { type Reply, refused } from "../common/problem.ts";
import type { Millis } from "../common/types.ts";
import type { Reader, Writer } from "../wire/bytes.ts";
import { list, struct, text, uint } from "../wire/codec.ts";
import type { Command } from "../wire/log.ts";
import { IDEMPOTENCY_TTL_MS, MAX_IDEMPOTENCY_BYTES, MAX_IDEMPOTENCY_KEYS } from "./limits.ts";
import { REPLY_BYTES } from "./sessions.ts";

type Idempotency = NonNullable<Command["idempotency"]>;

interface Outcome {
  readonly key: string;
  readonly request: string;
  /** As JSON. */
  readonly reply: string;
  readonly at: Millis;
}

const stored = list(
  struct({ key: text(255), request: text(128), reply: text(REPLY_BYTES), at: uint }),
  MAX_IDEMPOTENCY_KEYS,
);

export class IdempotencyKeys {
  /** Oldest first: log time never goes back. */
  #outcomes = new Map<string, Outcome>();
  #bytes = 0;

  get size(): number {
    return this.#outcomes.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The first reply; 422 `idempotency_key_reused` when the key came with another request; undefined when it is new. */
  recall({ key, request }: Idempotency, at: Millis): Reply | undefined {
    const outcome = this.#outcomes.get(key);
    if (!outcome || at - outcome.at >= IDEMPOTENCY_TTL_MS) return undefined;
    if (outcome.request === request) return JSON.parse(outcome.reply) as Reply;
    const detail = "This Idempotency-Key came with another request before. Use a new key for a new request.";
    return refused(422, "idempotency_key_reused", detail);
  }

  /** Refusals that another try may turn are no outcomes: the next try is a try. */
  record({ key, request }: Idempotency, reply: Reply, json: string, at: Millis): void {
    if (!reply.ok && (reply.problem.status >= 500 || reply.problem.status === 429)) return;
    this.#forget(key);
    const outcome = { key, request, reply: json, at };
    this.#outcomes.set(key, outcome);
    this.#bytes += sizeOf(outcome);
    for (const oldest of this.#outcomes.values()) {
      if (!this.#isFull() && at - oldest.at < IDEMPOTENCY_TTL_MS) return;
      this.#forget(oldest.key);
    }
  }

  write(writer: Writer): void {
    stored.write(writer, [...this.#outcomes.values()]);
  }

  read(reader: Reader): () => void {
    const outcomes = stored.read(reader);
    return () => {
      this.#outcomes = new Map(outcomes.map((outcome) => [outcome.key, outcome]));
      this.#bytes = outcomes.reduce((sum, outcome) => sum + sizeOf(outcome), 0);
    };
  }

  #isFull(): boolean {
    return this.#outcomes.size > MAX_IDEMPOTENCY_KEYS || this.#bytes > MAX_IDEMPOTENCY_BYTES;
  }

  #forget(key: string): void {
    const outcome = this.#outcomes.get(key);
    if (!outcome) return;
    this.#outcomes.delete(key);
    this.#bytes -= sizeOf(outcome);
  }
}

function sizeOf({ key, request, reply }: Outcome): number {
  return key.length + request.length + reply.length;
}
