/**
 * Proof of propagation: a test message is a rumor like any other, and every hub that applies it sends a receipt back.
 * One per hub, across both of its groups: receipts come home from all over the federation.
 */
import type { Outbox } from "../common/outbox.ts";
import type { Random } from "../common/random.ts";
import { type DurationMs, type HubId, type HubIdentity, type Json, type Millis, unreachable } from "../common/types.ts";
import type { Rumor, TestRecord } from "../wire/catalog.ts";
import type { Receipt, ReceiptMessage } from "./messages.ts";
import { ReceiptRelay } from "./receipt-relay.ts";

/** How long a test message lives in the log of its origin: `expiresAt` is this after its start. */
export const TEST_MESSAGE_TTL_MS: DurationMs = 60_000;

export interface TestMessagesOptions {
  readonly self: HubIdentity;
  readonly random: Random;
  /** Tests remembered, own and foreign each; past it the oldest is forgotten. */
  readonly limit: number;
  /** Until a receipt that was not acknowledged is handed over again: the repair tick. */
  readonly resendMs?: DurationMs;
}

/** The body of `GET /api/gossip/test-message/{id}`. */
export interface TestReport {
  readonly message_id: string;
  readonly started_at: string;
  readonly age_ms: DurationMs;
  readonly complete: boolean;
  readonly delivered: readonly { readonly hub_id: HubId; readonly after_ms: DurationMs; readonly hops: number }[];
  readonly missing: readonly HubId[];
}

/** The answer to `POST /api/gossip/test-message`. */
export interface TestStarted {
  readonly message_id: string;
  readonly expected: readonly HubId[];
}

interface StartedTest {
  /** `Idempotency-Key` of the request, when it had one. */
  readonly key: string | undefined;
  /** JSON text. */
  readonly payload: string;
  readonly startedAt: Millis;
  readonly expected: readonly HubId[];
  readonly delivered: Map<HubId, { readonly afterMs: DurationMs; readonly hops: number }>;
}

const RESEND_MS: DurationMs = 1_000;
/** Receipts kept for one test: more hubs than a federation may have. */
const MAX_DELIVERED = 4_096;

export class TestMessages {
  readonly #self: HubId;
  readonly #random: Random;
  readonly #limit: number;
  readonly #started = new Map<string, StartedTest>();
  /** Foreign tests that arrived here, with the neighbour that brought each. */
  readonly #broughtBy = new Map<string, HubId>();
  readonly #relay: ReceiptRelay;

  constructor({ self, random, limit, resendMs = RESEND_MS }: TestMessagesOptions) {
    this.#self = self.hubId;
    this.#random = random;
    this.#limit = limit;
    this.#relay = new ReceiptRelay({ random, resendMs, wayHome: (messageId) => this.#broughtBy.get(messageId) });
  }

  /** The record is for the hub to publish in its log, under `recordKeys.test(messageId)`, for `TEST_MESSAGE_TTL_MS`. */
  start(
    payload: Json,
    expected: readonly HubId[],
    now: Millis,
    key?: string,
  ): { messageId: string; record: TestRecord } {
    const messageId = [this.#random.uint32(), this.#random.uint32()]
      .map((word) => word.toString(16).padStart(8, "0"))
      .join("");
    const test: StartedTest = {
      key,
      payload: JSON.stringify(payload),
      startedAt: now,
      expected: [...expected],
      delivered: new Map(),
    };
    if (expected.includes(this.#self)) test.delivered.set(this.#self, { afterMs: 0, hops: 0 });
    this.#started.set(messageId, test);
    forgetOldest(this.#started, this.#limit);
    return { messageId, record: { kind: "test", messageId, payload, startedAt: now } };
  }

  /** The test that a request with this key started, while it is remembered, and its payload as JSON text. */
  startedWith(key: string): { readonly started: TestStarted; readonly payload: string } | undefined {
    for (const [message_id, test] of this.#started) {
      if (test.key === key) return { started: { message_id, expected: test.expected }, payload: test.payload };
    }
    return undefined;
  }

  /** A test message reached this hub: its receipt goes back to the neighbour that brought it. */
  applied(rumor: Rumor, from: HubId | null, hops: number, now: Millis, out: Outbox): void {
    if (rumor.body.kind !== "test" || from === null || rumor.origin === this.#self) return;
    const { messageId, startedAt } = rumor.body;
    if (this.#broughtBy.has(messageId)) return;
    this.#broughtBy.set(messageId, from);
    forgetOldest(this.#broughtBy, this.#limit);
    const afterMs = Math.max(0, now - startedAt);
    const receipt: Receipt = { messageId, origin: rumor.origin, hubId: this.#self, afterMs, hops, handOvers: 0 };
    this.#relay.take(receipt, null, now, out);
  }

  receive(from: HubId, message: ReceiptMessage, now: Millis, out: Outbox): void {
    switch (message.kind) {
      case "test-receipts":
        out.send(from, { kind: "test-receipts-ack", number: message.number });
        if (!this.#relay.isNew(from, message.number)) return;
        for (const receipt of message.receipts) {
          if (receipt.origin === this.#self) this.#arrived(receipt, now);
          else this.#relay.take(receipt, from, now, out);
        }
        return;
      case "test-receipts-ack":
        return this.#relay.acknowledged(from, message.number);
      default:
        return unreachable(message);
    }
  }

  /** Linked hubs are the ways that receipts can take when the one that brought the message is gone. */
  peerUp(hubId: HubId): void {
    this.#relay.peerUp(hubId);
  }

  peerDown(hubId: HubId, now: Millis): void {
    this.#relay.peerDown(hubId, now);
  }

  tick(now: Millis, out: Outbox): void {
    this.#relay.tick(now, out);
  }

  nextDeadline(): Millis {
    return this.#relay.nextDeadline();
  }

  /** Undefined for a test that this hub did not start, or has forgotten. */
  report(messageId: string, now: Millis): TestReport | undefined {
    const test = this.#started.get(messageId);
    if (!test) return undefined;
    const delivered = [...test.delivered]
      .map(([hub_id, { afterMs, hops }]) => ({ hub_id, after_ms: afterMs, hops }))
      .sort((a, b) => a.after_ms - b.after_ms || (a.hub_id < b.hub_id ? -1 : 1));
    const missing = test.expected.filter((hubId) => !test.delivered.has(hubId)).sort();
    return {
      message_id: messageId,
      started_at: new Date(test.startedAt).toISOString(),
      age_ms: Math.max(0, now - test.startedAt),
      complete: missing.length === 0,
      delivered,
      missing,
    };
  }

  #arrived({ messageId, hubId, afterMs, hops }: Receipt, now: Millis): void {
    const test = this.#started.get(messageId);
    if (!test || test.delivered.has(hubId) || test.delivered.size >= MAX_DELIVERED) return;
    // The receiver's clock may be off; it cannot have had the message later than its receipt is here.
    test.delivered.set(hubId, { afterMs: Math.min(afterMs, Math.max(0, now - test.startedAt)), hops });
  }
}

function forgetOldest(map: Map<string, unknown>, limit: number): void {
  if (map.size <= limit) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}
