/**
 * A frame is one WebSocket message: magic, version, flags, then messages back to back until its end.
 * A frame is decoded whole or refused whole.
 */
import { DecodeError, Reader, Writer } from "./codec.ts";
import { compress, decompress } from "./compression.ts";
import { type Message, message } from "./messages.ts";
import { mayBeParted, partsOf } from "./parts.ts";
import { COMPRESSION_SINCE, NEWEST_VERSION, OLDEST_VERSION } from "./versions.ts";

const MAGIC = 0x4d;
const HEADER_BYTES = 3;
const FLAG_COMPRESSED = 1;
/** Messages in one frame: bounds what a small compressed frame can unfold into. */
const MAX_MESSAGES = 4_096;

export interface FrameOptions {
  readonly version: number;
  readonly maxBytes: number;
  readonly compression: boolean;
  /** Of the first message that goes in parts; each further one takes the next. */
  readonly firstPartedId?: number;
}

export interface EncodedFrames {
  readonly frames: readonly Uint8Array<ArrayBuffer>[];
  /** Messages that went in parts, as no frame could hold them. */
  readonly parted: readonly Message[];
  /** Those that may not go in parts either: the sender's mistake, to be counted. */
  readonly oversized: readonly Message[];
  /** What the frames would weigh without compression. */
  readonly uncompressedBytes: number;
}

/** Packs messages, in order, into as few frames of at most `maxBytes` as they fit. */
export function encodeFrames(messages: readonly Message[], options: FrameOptions): EncodedFrames {
  const frames: Uint8Array<ArrayBuffer>[] = [];
  const parted: Message[] = [];
  const oversized: Message[] = [];
  const frame = Writer.borrow(options.version);
  const room = options.maxBytes - HEADER_BYTES;
  let held = 0;
  let uncompressedBytes = 0;
  const open = (): void => {
    frame.cut(0);
    frame.u8(MAGIC);
    frame.u8(options.version);
    frame.u8(0);
    held = 0;
  };
  const close = (): void => {
    if (held === 0) return;
    uncompressedBytes += frame.length;
    frames.push(seal(frame, options));
  };
  const put = (each: Message): void => {
    const start = frame.length;
    message.write(frame, each);
    if (frame.length - start > room) {
      const encoded = frame.finish(start);
      frame.cut(start);
      if (mayBeParted(each, encoded.length, options.version)) {
        for (const part of partsOf(encoded, (options.firstPartedId ?? 0) + parted.length, room)) put(part);
        parted.push(each);
      } else {
        oversized.push(each);
      }
      return;
    }
    if (frame.length > options.maxBytes || held === MAX_MESSAGES) {
      const overflow = frame.finish(start);
      frame.cut(start);
      close();
      open();
      frame.raw(overflow);
    }
    held += 1;
  };
  open();
  for (const each of messages) put(each);
  close();
  frame.giveBack();
  return { frames, parted, oversized, uncompressedBytes };
}

/** Any bytes are allowed in; what is not a frame of a version that we know comes back as an error. */
export function decodeFrame(bytes: Uint8Array, maxBytes: number): readonly Message[] | DecodeError {
  if (bytes.length > maxBytes) return new DecodeError(`frame of ${bytes.length} bytes, limit ${maxBytes}`);
  if (bytes.length < HEADER_BYTES || bytes[0] !== MAGIC) return new DecodeError("not a frame");
  const version = bytes[1] as number;
  if (version < OLDEST_VERSION || version > NEWEST_VERSION) return new DecodeError(`protocol version ${version}`);
  const flags = bytes[2] as number;
  if (flags > FLAG_COMPRESSED) return new DecodeError(`unknown flags ${flags}`);
  const sealed = bytes.subarray(HEADER_BYTES);
  const body = flags & FLAG_COMPRESSED ? decompress(sealed, maxBytes) : sealed;
  if (body instanceof DecodeError) return body;
  return readMessages(new Reader(body, version));
}

function readMessages(reader: Reader): readonly Message[] | DecodeError {
  const messages: Message[] = [];
  try {
    while (reader.remaining > 0) {
      if (messages.length === MAX_MESSAGES) return new DecodeError(`more than ${MAX_MESSAGES} messages`);
      messages.push(message.read(reader));
    }
  } catch (error) {
    if (error instanceof DecodeError) return error;
    throw error;
  }
  return messages;
}

function seal(frame: Writer, options: FrameOptions): Uint8Array<ArrayBuffer> {
  const plain = frame.finish();
  if (!options.compression || options.version < COMPRESSION_SINCE) return plain;
  const packed = compress(plain.subarray(HEADER_BYTES));
  if (!packed) return plain;
  const sealed = new Uint8Array(HEADER_BYTES + packed.length);
  sealed.set([MAGIC, options.version, FLAG_COMPRESSED]);
  sealed.set(packed, HEADER_BYTES);
  return sealed;
}
