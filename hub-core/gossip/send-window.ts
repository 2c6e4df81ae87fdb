/**
 * Credit towards one peer: what was sent and not yet acknowledged, in bytes. Each class of traffic stops at its own share
 * of the limit, so that the more urgent always finds room: the total never passes the limit by more than one message.
 */
import type { Millis } from "../common/types.ts";
import type { Priority } from "../wire/catalog.ts";
import { ACK_SPAN, type Ack } from "./receive-window.ts";
import type { RumorKey } from "./rumor-id.ts";

export type TrafficClass = Priority | "range";

const SHARE: Readonly<Record<TrafficClass, number>> = { urgent: 1, normal: 7 / 8, bulk: 3 / 4, range: 1 / 2 };

/** Messages remembered while unacknowledged; past it the oldest are taken for settled, unconfirmed. */
const MAX_OUTSTANDING = 512;

interface Outstanding {
  readonly number: number;
  readonly bytes: number;
  readonly rumors: readonly RumorKey[];
  readonly sentAt: Millis;
}

export class SendWindow {
  readonly #maxBytes: number;
  #outstanding: Outstanding[] = [];
  #sent = 0;
  #inFlight = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get inFlightBytes(): number {
    return this.#inFlight;
  }

  get lastNumber(): number {
    return this.#sent;
  }

  get oldestSentAt(): Millis {
    return this.#outstanding[0]?.sentAt ?? Number.POSITIVE_INFINITY;
  }

  /** `planned` bytes are about to be sent before this. */
  admits(traffic: TrafficClass, planned = 0): boolean {
    return this.#inFlight + planned < this.#maxBytes * SHARE[traffic];
  }

  nextNumber(): number {
    this.#sent += 1;
    return this.#sent;
  }

  sending(number: number, bytes: number, rumors: readonly RumorKey[], now: Millis): void {
    this.#outstanding.push({ number, bytes, rumors, sentAt: now });
    this.#inFlight += bytes;
    if (this.#outstanding.length > MAX_OUTSTANDING) this.#inFlight -= this.#outstanding.shift()?.bytes ?? 0;
  }

  /** The rumors that this acknowledgement confirms. Unconfirmed ones in older messages are left to repair. */
  acknowledged(ack: Ack): RumorKey[] {
    const confirmed: RumorKey[] = [];
    if (ack.upTo > this.#sent) return confirmed;
    const open: Outstanding[] = [];
    for (const each of this.#outstanding) {
      const behind = ack.upTo - each.number;
      if (behind < 0) {
        open.push(each);
        continue;
      }
      this.#inFlight -= each.bytes;
      if (behind < ACK_SPAN && (ack.mask >>> behind) & 1) confirmed.push(...each.rumors);
    }
    this.#outstanding = open;
    return confirmed;
  }
}
