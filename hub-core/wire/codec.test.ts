import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  bool,
  bytes,
  type Codec,
  DecodeError,
  decode,
  encode,
  f64,
  int,
  list,
  nullable,
  oneOf,
  scaled,
  since,
  struct,
  text,
  uint,
  union,
  variant,
} from "./codec.ts";

const VERSION = 2;

function roundTrips<T>(codec: Codec<T>, arbitrary: fc.Arbitrary<T>): void {
  fc.assert(
    fc.property(arbitrary, (value) => {
      expect(decode(codec, encode(codec, value, VERSION), VERSION)).toEqual(value);
    }),
  );
}

describe("WIRE-1: what is encoded decodes to the same value", () => {
  test("WIRE-1: unsigned integers up to 2^53-1", () => roundTrips(uint, fc.maxSafeNat()));
  test("WIRE-1: signed integers up to 2^52", () => roundTrips(int, fc.integer({ min: -(2 ** 51), max: 2 ** 51 })));
  test("WIRE-1: text within its limit", () => roundTrips(text(1_000), fc.string({ unit: "grapheme", maxLength: 60 })));
  test("WIRE-1: bytes within their limit", () => roundTrips(bytes(64), fc.uint8Array({ maxLength: 64 })));
  test("WIRE-1: floats", () => {
    roundTrips(f64, fc.double({ noNaN: true, noDefaultInfinity: true }));
  });
  test("WIRE-1: nested structures", () => {
    const codec = struct({ a: nullable(uint), b: list(struct({ on: bool, is: oneOf(["x", "y"]) }), 8) });
    roundTrips(
      codec,
      fc.record({
        a: fc.option(fc.nat(), { nil: null }),
        b: fc.array(fc.record({ on: fc.boolean(), is: fc.constantFrom("x" as const, "y" as const) }), { maxLength: 8 }),
      }),
    );
  });
  test("WIRE-1: scaled numbers keep their steps", () => {
    expect(decode(scaled(10), encode(scaled(10), 12.34, VERSION), VERSION)).toBe(12.3);
    expect(decode(scaled(10), encode(scaled(10), -0.7, VERSION), VERSION)).toBe(-0.7);
  });
});

const sample = union({
  plain: variant(1, { name: text(20), items: list(uint, 4) }),
  other: variant(7, { flag: bool, share: scaled(100), note: nullable(text(8)) }),
});

test("WIRE-2: any bytes decode to a value or a DecodeError", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (input) => {
      const result = decode(sample, input, VERSION);
      if (!(result instanceof DecodeError)) expect(encode(sample, result, VERSION).length).toBe(input.length);
    }),
    { numRuns: 2_000 },
  );
});

test("WIRE-2: lengths past the limit are refused before anything is built", () => {
  const huge = new Uint8Array([0xff, 0xff, 0xff, 0xff, 0x0f]);
  expect(decode(text(10), huge, VERSION)).toBeInstanceOf(DecodeError);
  expect(decode(list(uint, 10), huge, VERSION)).toBeInstanceOf(DecodeError);
});

test("WIRE-3: padded integers and bytes left over are errors", () => {
  expect(decode(uint, new Uint8Array([0x80, 0x00]), VERSION)).toBeInstanceOf(DecodeError);
  expect(decode(uint, new Uint8Array([1, 1]), VERSION)).toBeInstanceOf(DecodeError);
  expect(decode(bool, new Uint8Array([2]), VERSION)).toBeInstanceOf(DecodeError);
});

test("WIRE-4: a field of a later version is absent in an earlier one and reads as its default", () => {
  const codec = struct({ old: uint, added: since(2, uint, 42) });
  const value = { old: 1, added: 7 };
  expect(decode(codec, encode(codec, value, 2), 2)).toEqual(value);
  expect(decode(codec, encode(codec, value, 1), 1)).toEqual({ old: 1, added: 42 });
});

test("WIRE-2: values past a limit are refused at encoding, by name", () => {
  expect(() => encode(text(3), "four", VERSION)).toThrow(RangeError);
  expect(() => encode(list(uint, 1), [1, 2], VERSION)).toThrow(RangeError);
});

test("a tag used twice is a broken schema", () => {
  expect(() => union({ a: variant(1, {}), b: variant(1, {}) })).toThrow("tag 1 is used twice");
});
