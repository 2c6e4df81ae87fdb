/**
 * A schema is written once and gives the type, the encoder, the decoder and the checks.
 * Decoders accept any bytes: they answer with a value or a `DecodeError`, within the sizes that the schema states.
 * Little-endian; integers are LEB128 varints; text is UTF-8.
 */
import { DecodeError, Reader, Writer } from "./bytes.ts";

export { DecodeError, Reader, Writer };

export interface Codec<T> {
  write(writer: Writer, value: T): void;
  read(reader: Reader): T;
}

export type Decoded<C> = C extends Codec<infer T> ? T : never;

export function encode<T>(codec: Codec<T>, value: T, version: number): Uint8Array<ArrayBuffer> {
  const writer = Writer.borrow(version);
  codec.write(writer, value);
  const bytes = writer.finish();
  writer.giveBack();
  return bytes;
}

/** Whole-input decode: bytes left over are an error too. */
export function decode<T>(codec: Codec<T>, bytes: Uint8Array, version: number): T | DecodeError {
  const reader = new Reader(bytes, version);
  try {
    const value = codec.read(reader);
    return reader.remaining === 0 ? value : new DecodeError(`${reader.remaining} bytes left over`);
  } catch (error) {
    if (error instanceof DecodeError) return error;
    throw error;
  }
}

// ── Scalars ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Whole, 0 … 2⁵³−1. */
export const uint: Codec<number> = {
  write: (w, value) => w.varint(Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, Math.round(value)))),
  read: (r) => r.varint(),
};

/** Whole, ±2⁵². Zigzag, so that small negatives stay small. */
export const int: Codec<number> = {
  write: (w, value) => {
    const whole = Math.round(value);
    w.varint(whole < 0 ? -2 * whole - 1 : 2 * whole);
  },
  read: (r) => {
    const zigzag = r.varint();
    return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
  },
};

export const bool: Codec<boolean> = {
  write: (w, value) => w.u8(value ? 1 : 0),
  read: (r) => {
    const byte = r.u8();
    if (byte > 1) throw new DecodeError(`a boolean of ${byte}`);
    return byte === 1;
  },
};

/** Finite, double precision. */
export const f64: Codec<number> = {
  write: (w, value) => w.f64(value),
  read: (r) => finite(r.f64()),
};

/** A number kept to 1/`steps`, within ±2⁵²/`steps`: milliseconds to a tenth, loads to a hundredth. */
export function scaled(steps: number): Codec<number> {
  return {
    write: (w, value) => int.write(w, value * steps),
    read: (r) => int.read(r) / steps,
  };
}

/** What `scaled(steps)` keeps of a number. */
export function inSteps(value: number, steps: number): number {
  return Math.round(value * steps) / steps;
}

export function text(maxBytes: number): Codec<string> {
  return {
    write: (w, value) => w.text(value, maxBytes),
    read: (r) => r.text(boundedLength(r, maxBytes)),
  };
}

export function bytes(maxBytes: number): Codec<Uint8Array> {
  return {
    write: (w, value) => {
      if (value.length > maxBytes) throw new RangeError(`${value.length} bytes, limit ${maxBytes}`);
      w.varint(value.length);
      w.raw(value);
    },
    read: (r) => r.raw(boundedLength(r, maxBytes)),
  };
}

/** One of a fixed list; the index travels, so the order is part of the protocol. */
export function oneOf<const T extends string>(values: readonly T[]): Codec<T> {
  const indexOf = new Map(values.map((value, index) => [value, index]));
  return {
    write: (w, value) => w.u8(indexOf.get(value) as number),
    read: (r) => {
      const value = values[r.u8()];
      if (value === undefined) throw new DecodeError("unknown enumeration value");
      return value;
    },
  };
}

// ── Composites ───────────────────────────────────────────────────────────────────────────────────────────────────────

export function nullable<T>(codec: Codec<T>): Codec<T | null> {
  return {
    write: (w, value) => {
      w.u8(value === null ? 0 : 1);
      if (value !== null) codec.write(w, value);
    },
    read: (r) => (bool.read(r) ? codec.read(r) : null),
  };
}

export function list<T>(codec: Codec<T>, maxItems: number): Codec<readonly T[]> {
  return {
    write: (w, items) => {
      if (items.length > maxItems) throw new RangeError(`list of ${items.length}, limit ${maxItems}`);
      w.varint(items.length);
      for (const item of items) codec.write(w, item);
    },
    read: (r) => {
      const length = boundedLength(r, maxItems);
      const items: T[] = [];
      for (let i = 0; i < length; i++) items.push(codec.read(r));
      return items;
    },
  };
}

type Fields = Readonly<Record<string, Codec<unknown>>>;
type StructOf<F> = { readonly [K in keyof F]: Decoded<F[K]> };

export function struct<F extends Fields>(fields: F): Codec<StructOf<F>> {
  const entries = Object.entries(fields) as [string, Codec<unknown>][];
  return {
    write: (w, value) => {
      for (const [name, codec] of entries) codec.write(w, (value as Record<string, unknown>)[name]);
    },
    read: (r) => {
      const value: Record<string, unknown> = {};
      for (const [name, codec] of entries) value[name] = codec.read(r);
      return value as StructOf<F>;
    },
  };
}

/** A field that older protocol versions do not carry: they read `absent`. */
export function since<T>(version: number, codec: Codec<T>, absent: T): Codec<T> {
  return {
    write: (w, value) => {
      if (w.version >= version) codec.write(w, value);
    },
    read: (r) => (r.version >= version ? codec.read(r) : absent),
  };
}

/** Tags are part of the protocol and are never reused. */
export interface Variant<F> {
  readonly tag: number;
  readonly body: Codec<F>;
}

export function variant<F extends Fields>(tag: number, fields: F): Variant<StructOf<F>> {
  return { tag, body: struct(fields) };
}

type UnionOf<V> = {
  [K in keyof V]: V[K] extends Variant<infer F> ? { readonly kind: K } & F : never;
}[keyof V];

/** A discriminated union on `kind`. */
export function union<V extends Readonly<Record<string, Variant<unknown>>>>(variants: V): Codec<UnionOf<V>> {
  const byKind = new Map(Object.entries(variants) as [string, Variant<unknown>][]);
  const byTag = new Map<number, [string, Codec<unknown>]>();
  for (const [kind, { tag, body }] of byKind) {
    if (byTag.has(tag)) throw new Error(`tag ${tag} is used twice`);
    byTag.set(tag, [kind, body]);
  }
  return {
    write: (w, value) => {
      const found = byKind.get((value as { kind: string }).kind);
      if (!found) throw new RangeError(`no variant named ${(value as { kind: string }).kind}`);
      w.u8(found.tag);
      found.body.write(w, value);
    },
    read: (r) => {
      const tag = r.u8();
      const found = byTag.get(tag);
      if (!found) throw new DecodeError(`unknown tag ${tag}`);
      const body = found[1].read(r) as object;
      return { kind: found[0], ...body } as UnionOf<V>;
    },
  };
}

function boundedLength(r: Reader, max: number): number {
  const length = r.varint();
  if (length > max) throw new DecodeError(`length ${length}, limit ${max}`);
  return length;
}

function finite(value: number): number {
  if (!Number.isFinite(value)) throw new DecodeError("a number that is not finite");
  return value;
}
