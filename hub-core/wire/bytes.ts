/** Bytes in and out: little-endian, integers as LEB128 varints, text as UTF-8. Reading past the end is a `DecodeError`. */

export class DecodeError extends Error {
  override readonly name = "DecodeError";
}

const textEncoder = new TextEncoder();
const textDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Writers waiting to be used again: a frame a step would cost a buffer a step. */
const idle: Writer[] = [];
const MAX_IDLE = 4;
/** A buffer that grew past this is not kept. */
const MAX_IDLE_BYTES = 262_144;

export class Writer {
  #bytes: Uint8Array;
  #view: DataView | null = null;
  #length = 0;
  #version: number;

  constructor(version: number, initialCapacity = 256) {
    this.#version = version;
    this.#bytes = new Uint8Array(initialCapacity);
  }

  /** An empty writer, to be given back once what was written has been copied out. */
  static borrow(version: number): Writer {
    const writer = idle.pop() ?? new Writer(version, 4_096);
    writer.#version = version;
    writer.#length = 0;
    return writer;
  }

  giveBack(): void {
    if (idle.length < MAX_IDLE && this.#bytes.length <= MAX_IDLE_BYTES) idle.push(this);
  }

  get version(): number {
    return this.#version;
  }

  get length(): number {
    return this.#length;
  }

  u8(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  varint(value: number): void {
    this.#reserve(8);
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#length++] = rest;
  }

  f64(value: number): void {
    this.#reserve(8);
    this.#view ??= new DataView(this.#bytes.buffer);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  raw(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  /** Behind its length in bytes. */
  text(value: string, maxBytes: number): void {
    const start = this.#length;
    // ASCII, as ids and addresses mostly are, is its own UTF-8.
    if (value.length <= maxBytes && this.#ascii(value)) return;
    this.#length = start;
    const utf8 = textEncoder.encode(value);
    if (utf8.length > maxBytes) throw new RangeError(`text of ${utf8.length} bytes, limit ${maxBytes}`);
    this.varint(utf8.length);
    this.raw(utf8);
  }

  /** Takes back what was written from `length` on. */
  cut(length: number): void {
    this.#length = Math.min(this.#length, length);
  }

  /** What was written from `start` on, as a copy, so that the writer can be reused. */
  finish(start = 0): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(start, this.#length) as Uint8Array<ArrayBuffer>;
  }

  #ascii(value: string): boolean {
    this.varint(value.length);
    this.#reserve(value.length);
    const bytes = this.#bytes;
    let at = this.#length;
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      if (code >= 0x80) return false;
      bytes[at++] = code;
    }
    this.#length = at;
    return true;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
    this.#view = null;
  }
}

/** Texts read lately, by a hash of their bytes: ids come again and again, and one copy of each is enough. */
const TEXT_SLOTS = 8_192;
const LONGEST_SHARED_TEXT = 128;
const texts: (string | undefined)[] = new Array(TEXT_SLOTS).fill(undefined);

export class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;
  readonly version: number;

  constructor(bytes: Uint8Array, version: number) {
    this.version = version;
    this.#bytes = bytes;
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  /** Bytes read so far. */
  get position(): number {
    return this.#at;
  }

  u8(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw new DecodeError("ends 1 bytes early");
    this.#at += 1;
    return byte;
  }

  varint(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 8; i++) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) throw new DecodeError("integer past 2^53");
        // One value has one encoding, so that equal frames are equal bytes.
        if (byte === 0 && i > 0) throw new DecodeError("integer with trailing zeros");
        return value;
      }
      scale *= 0x80;
    }
    throw new DecodeError("integer of more than 8 bytes");
  }

  f64(): number {
    this.#need(8);
    const value = new DataView(this.#bytes.buffer, this.#bytes.byteOffset + this.#at, 8).getFloat64(0, true);
    this.#at += 8;
    return value;
  }

  raw(length: number): Uint8Array {
    this.#need(length);
    const value = this.#bytes.slice(this.#at, this.#at + length);
    this.#at += length;
    return value;
  }

  text(length: number): string {
    this.#need(length);
    const start = this.#at;
    this.#at += length;
    if (length > LONGEST_SHARED_TEXT) return decodeText(this.#bytes.subarray(start, this.#at));
    const slot = hashBytes(this.#bytes, start, length) % TEXT_SLOTS;
    const known = texts[slot];
    if (known !== undefined && isAscii(known, this.#bytes, start, length)) return known;
    const text = decodeText(this.#bytes.subarray(start, this.#at));
    texts[slot] = text;
    return text;
  }

  /** A hash of the next bytes, up to `length` of them. */
  hashAhead(length: number): number {
    return hashBytes(this.#bytes, this.#at, length);
  }

  /** The next byte, left unread; 0 at the end. */
  get next(): number {
    return this.#bytes[this.#at] ?? 0;
  }

  /** Reads past `expected` when that is what comes next. */
  skip(expected: Uint8Array): boolean {
    const { length } = expected;
    if (length > this.remaining) return false;
    const bytes = this.#bytes;
    const at = this.#at;
    for (let i = 0; i < length; i++) if (bytes[at + i] !== expected[i]) return false;
    this.#at += length;
    return true;
  }

  /** What was read from `start` on, as a copy. */
  since(start: number): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(start, this.#at) as Uint8Array<ArrayBuffer>;
  }

  #need(length: number): void {
    if (length > this.remaining) throw new DecodeError(`ends ${length - this.remaining} bytes early`);
  }
}

function decodeText(bytes: Uint8Array): string {
  try {
    return textDecoder.decode(bytes);
  } catch {
    throw new DecodeError("text that is not UTF-8");
  }
}

function isAscii(text: string, bytes: Uint8Array, start: number, length: number): boolean {
  if (text.length !== length) return false;
  for (let i = 0; i < length; i++) {
    const byte = bytes[start + i] as number;
    if (byte >= 0x80 || byte !== text.charCodeAt(i)) return false;
  }
  return true;
}

/** FNV-1a over up to `length` bytes from `start`, with its high half folded in. */
export function hashBytes(bytes: Uint8Array, start: number, length: number): number {
  const end = Math.min(bytes.length, start + length);
  let h = 0x811c9dc5;
  for (let i = start; i < end; i++) h = Math.imul(h ^ (bytes[i] as number), 0x01000193);
  return (h ^ (h >>> 15)) >>> 0;
}
