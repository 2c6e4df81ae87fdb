import fc from "fast-check";
import { expect, test } from "vitest";
import { DecodeError, decode, encode, struct, text, uint } from "./codec.ts";
import { remembered } from "./remembered.ts";

const plain = struct({ origin: text(32), seq: uint, note: text(1_024) });
const value = fc.record({
  origin: fc.constantFrom("a", "b", "ab", "ü"),
  seq: fc.nat({ max: 300 }),
  note: fc.string({ unit: "grapheme", maxLength: 12 }),
});
/** So few slots that values push each other out. */
const codec = remembered(plain, 7, (idBytes) => 1 + idBytes + 8);

test("WIRE-9: remembered or not, bytes and values are those of the plain codec", () => {
  fc.assert(
    fc.property(fc.array(value, { maxLength: 40 }), (values) => {
      for (const each of values) {
        const bytes = encode(plain, each, 2);
        expect(encode(codec, each, 2)).toEqual(bytes);
        expect(codec.size(each, 2)).toBe(bytes.length);
        const met = decode(codec, bytes, 2);
        expect(met).toEqual(each);
        if (met instanceof DecodeError) throw met;
        expect(encode(codec, met, 2)).toEqual(bytes);
      }
    }),
  );
});

test("WIRE-9: what comes again is the very value that came before, and a changed byte is another value", () => {
  const bytes = encode(plain, { origin: "hub", seq: 7, note: "x" }, 2);
  const first = decode(codec, bytes, 2);
  expect(decode(codec, bytes, 2)).toBe(first);
  const other = bytes.slice();
  other[other.length - 1] = "y".charCodeAt(0);
  expect(decode(codec, other, 2)).toEqual({ origin: "hub", seq: 7, note: "y" });
  expect(decode(codec, bytes.subarray(0, bytes.length - 1), 2)).toBeInstanceOf(DecodeError);
});

test("WIRE-9: versions are not mixed up", () => {
  const at = { origin: "hub", seq: 8, note: "" };
  expect(encode(codec, at, 1)).toEqual(encode(codec, at, 2));
  const one = decode(codec, encode(codec, at, 1), 1);
  expect(decode(codec, encode(codec, at, 1), 2)).not.toBe(one);
});
