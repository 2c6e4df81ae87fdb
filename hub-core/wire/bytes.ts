/** Bytes in and out: little-endian, integers as LEB128 varints, text as UTF-8. Reading past the end is a `DecodeError`. */

export class DecodeError extends Error {
  override readonly name = "DecodeError";
}

const textDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export class Writer {
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;
  readonly version: number;

  constructor(version: number, initialCapacity = 256) {
    this.version = version;
    this.#bytes = new Uint8Array(initialCapacity);
    this.#view = new DataView(this.#bytes.buffer);
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
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  raw(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  /** A copy, so that the writer can be reused. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length) as Uint8Array<ArrayBuffer>;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes);
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

export class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;
  readonly version: number;

  constructor(bytes: Uint8Array, version: number) {
    this.version = version;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  u8(): number {
    this.#need(1);
    return this.#view.getUint8(this.#at++);
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
    const value = this.#view.getFloat64(this.#at, true);
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
    const view = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    try {
      return textDecoder.decode(view);
    } catch {
      throw new DecodeError("text that is not UTF-8");
    }
  }

  #need(length: number): void {
    if (length > this.remaining) throw new DecodeError(`ends ${length - this.remaining} bytes early`);
  }
}
