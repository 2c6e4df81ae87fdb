/** Messages that fit no frame: cut into parts here, put together there. */
import { DecodeError, decode, Writer } from "./codec.ts";
import { linkMessages, PART_BYTES, partMessages, standInMessages } from "./link-messages.ts";
import { type Message, type MessageOf, message, messageSince } from "./messages.ts";

export const MAX_PARTED_BYTES = 1_048_576;

/** Tag, id, index, count and length at their longest. */
const ENVELOPE_BYTES = 1 + 4 * 8;

type Part = MessageOf<"message-part">;

/** What links say to each other is read before it is known who speaks, so it never comes in parts. */
function belongsToLink({ kind }: Message): boolean {
  return kind in linkMessages || kind in standInMessages || kind in partMessages;
}

/** Whether a message of so many bytes, which fits no frame, may go to a peer of that version in parts. */
export function mayBeParted(whole: Message, length: number, version: number): boolean {
  return version >= messageSince("message-part") && length <= MAX_PARTED_BYTES && !belongsToLink(whole);
}

/** `encoded`: the message as it travels in that version. `room`: what a frame has for messages. */
export function partsOf(encoded: Uint8Array, id: number, room: number): Part[] {
  const size = Math.min(PART_BYTES, room - ENVELOPE_BYTES);
  const count = Math.ceil(encoded.length / size);
  return Array.from({ length: count }, (_, index) => {
    return { kind: "message-part", id, index, count, bytes: encoded.subarray(index * size, (index + 1) * size) };
  });
}

/** `order`: a part was lost, came twice or late. `size`: more than a message may have. `link`: the link ended or began anew. */
export type DropReason = "order" | "size" | "link";

interface Unfinished {
  readonly id: number;
  readonly count: number;
  /** Of the part that comes next. */
  next: number;
  readonly bytes: Writer;
}

function continues(part: Part, { id, count, next }: Unfinished): boolean {
  return part.id === id && part.count === count && part.index === next && part.index < count;
}

/** One end of a link: holds one message in the making, and drops it whole when anything but its next part comes. */
export class PartAssembly {
  readonly #dropped: (reason: DropReason) => void;
  #unfinished: Unfinished | null = null;

  /** Told of each message that is dropped, and of each part that belongs to none. */
  constructor(dropped: (reason: DropReason) => void) {
    this.#dropped = dropped;
  }

  /** Bytes that are held. */
  get held(): number {
    return this.#unfinished?.bytes.length ?? 0;
  }

  /** The message that this part completes, in that version; null when it completes none. Never throws on what a peer says. */
  take(part: Part, version: number): Message | DecodeError | null {
    if (part.index === 0) this.#begin(part, version);
    const unfinished = this.#unfinished;
    if (!unfinished || !continues(part, unfinished)) {
      this.#drop("order");
      return null;
    }
    if (unfinished.bytes.length + part.bytes.length > MAX_PARTED_BYTES) {
      this.#drop("size");
      return null;
    }
    unfinished.bytes.raw(part.bytes);
    unfinished.next += 1;
    if (unfinished.next < unfinished.count) return null;
    this.#unfinished = null;
    return wholeOf(unfinished.bytes.finish(), version);
  }

  /** Another speaker behind the same link, or none any more. */
  reset(): void {
    if (this.#unfinished) this.#drop("link");
  }

  #begin({ id, count }: Part, version: number): void {
    if (this.#unfinished) this.#drop("order");
    this.#unfinished = { id, count, next: 0, bytes: new Writer(version, PART_BYTES) };
  }

  #drop(reason: DropReason): void {
    this.#unfinished = null;
    this.#dropped(reason);
  }
}

function wholeOf(bytes: Uint8Array, version: number): Message | DecodeError {
  const whole = decode(message, bytes, version);
  if (whole instanceof DecodeError) return whole;
  return belongsToLink(whole) ? new DecodeError(`a ${whole.kind} in parts`) : whole;
}
