/**
 * Hands receipts from hub to hub until they are home. Whoever acknowledges a receipt has taken it over; whoever has it
 * keeps offering it, to the neighbour that brought the message or, when that one is gone, to another.
 */
import type { Outbox } from "../common/outbox.ts";
import type { Random } from "../common/random.ts";
import type { DurationMs, HubId, Millis } from "../common/types.ts";
import type { Receipt } from "./messages.ts";
import { pages, RECEIPTS_PER_MESSAGE } from "./pages.ts";

export interface ReceiptRelayOptions {
  readonly random: Random;
  readonly resendMs: DurationMs;
  /** The neighbour that brought this message here. */
  readonly wayHome: (messageId: string) => HubId | undefined;
}

interface Held {
  readonly receipt: Receipt;
  /** Who handed it over: the last one to give it back to. */
  readonly from: HubId | null;
  readonly giveUpAt: Millis;
}

interface HandOver {
  readonly to: HubId;
  readonly held: readonly Held[];
  offerAgainAt: Millis;
}

const COALESCE_MS: DurationMs = 3;
/** As long as the message lives that it answers. */
const HOLD_MS: DurationMs = 60_000;
/** Receipts held at once, waiting or offered; past it the oldest that waits is dropped. */
export const MAX_HELD = 4_096;
/** Longer than any way home; ends those that go in circles. */
export const MAX_HAND_OVERS = 32;
/** Remembered hand-overs of each neighbour, to know a repeated one. */
const MAX_NUMBERS = 256;

export class ReceiptRelay {
  readonly #options: ReceiptRelayOptions;
  #waiting: Held[] = [];
  #offerAt: Millis = Number.POSITIVE_INFINITY;
  readonly #offered = new Map<number, HandOver>();
  readonly #numbersOf = new Map<HubId, Set<number>>();
  readonly #neighbours = new Set<HubId>();
  #number: number;

  constructor(options: ReceiptRelayOptions) {
    this.#options = options;
    // A restart must not repeat the numbers of the run before it.
    this.#number = options.random.uint32();
  }

  peerUp(hubId: HubId): void {
    this.#neighbours.add(hubId);
  }

  /** What was offered to it goes another way. */
  peerDown(hubId: HubId, now: Millis): void {
    this.#neighbours.delete(hubId);
    this.#numbersOf.delete(hubId);
    for (const [number, handOver] of this.#offered) if (handOver.to === hubId) this.#takeBack(number, handOver, now);
  }

  /** `from`: the neighbour that hands it over; null for this hub's own. */
  take(receipt: Receipt, from: HubId | null, now: Millis, out: Outbox): void {
    if (receipt.handOvers >= MAX_HAND_OVERS)
      return out.log("warn", "gossip-receipt-lost-its-way", { message_id: receipt.messageId });
    this.#hold({ receipt, from, giveUpAt: now + HOLD_MS });
    this.#offerAt = Math.min(this.#offerAt, now + COALESCE_MS);
  }

  /** False for a hand-over that was taken already, and is repeated because the acknowledgement was lost. */
  isNew(from: HubId, number: number): boolean {
    const numbers = this.#numbersOf.get(from) ?? new Set<number>();
    this.#numbersOf.set(from, numbers);
    if (numbers.has(number)) return false;
    numbers.add(number);
    if (numbers.size <= MAX_NUMBERS) return true;
    for (const oldest of numbers) {
      numbers.delete(oldest);
      break;
    }
    return true;
  }

  acknowledged(from: HubId, number: number): void {
    if (this.#offered.get(number)?.to === from) this.#offered.delete(number);
  }

  nextDeadline(): Millis {
    let next = this.#offerAt;
    for (const { offerAgainAt } of this.#offered.values()) next = Math.min(next, offerAgainAt);
    return next;
  }

  tick(now: Millis, out: Outbox): void {
    for (const [number, handOver] of this.#offered) {
      if (handOver.offerAgainAt > now) continue;
      if (out.connected(handOver.to) && handOver.held.some(({ giveUpAt }) => giveUpAt > now)) {
        this.#offer(number, handOver, now, out);
      } else this.#takeBack(number, handOver, now);
    }
    if (this.#offerAt <= now) this.#offerWaiting(now, out);
  }

  #offerWaiting(now: Millis, out: Outbox): void {
    const held = this.#waiting.filter(({ giveUpAt }) => giveUpAt > now);
    this.#waiting = [];
    const ways = Map.groupBy(held, (each) => this.#nextHop(each, out));
    for (const [to, receipts] of ways) {
      if (to === null) {
        this.#waiting.push(...receipts);
        continue;
      }
      for (const page of pages(receipts, RECEIPTS_PER_MESSAGE)) {
        this.#number += 1;
        const handOver = { to, held: page, offerAgainAt: now };
        this.#offered.set(this.#number, handOver);
        this.#offer(this.#number, handOver, now, out);
      }
    }
    this.#offerAt = this.#waiting.length > 0 ? now + this.#options.resendMs : Number.POSITIVE_INFINITY;
  }

  #offer(number: number, handOver: HandOver, now: Millis, out: Outbox): void {
    handOver.offerAgainAt = now + this.#options.resendMs;
    const receipts = handOver.held.map(({ receipt }) => ({ ...receipt, handOvers: receipt.handOvers + 1 }));
    out.send(handOver.to, { kind: "test-receipts", number, receipts });
  }

  #takeBack(number: number, { held }: HandOver, now: Millis): void {
    this.#offered.delete(number);
    for (const each of held) if (each.giveUpAt > now) this.#hold(each);
    if (this.#waiting.length > 0) this.#offerAt = Math.min(this.#offerAt, now + COALESCE_MS);
  }

  #hold(held: Held): void {
    let offered = 0;
    for (const handOver of this.#offered.values()) offered += handOver.held.length;
    this.#waiting.push(held);
    if (this.#waiting.length + offered > MAX_HELD) this.#waiting.shift();
  }

  /** The origin when it is linked, then the way the message came, then any other; null: wait for a link. */
  #nextHop({ receipt, from }: Held, out: Outbox): HubId | null {
    if (out.connected(receipt.origin)) return receipt.origin;
    const back = this.#options.wayHome(receipt.messageId);
    if (back !== undefined && back !== from && out.connected(back)) return back;
    const others = [...this.#neighbours].filter((hubId) => hubId !== from && out.connected(hubId));
    return this.#options.random.pick(others) ?? null;
  }
}
