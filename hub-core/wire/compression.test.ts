import fc from "fast-check";
import { expect, test } from "vitest";
import { Random } from "../common/random.ts";
import { DecodeError } from "./codec.ts";
import { compress, decompress, MIN_COMPRESSED_BYTES } from "./compression.ts";

const LIMIT = 65_536;
const text = (source: string): Uint8Array => new TextEncoder().encode(source);

/** Two records as gossip carries them: ids, URLs and service names that repeat. */
function recordLike(records: number): Uint8Array {
  const lines = Array.from(
    { length: records },
    (_, i) =>
      `cluster/payments-${i} eu-west https://payments-${i}.eu-west.example.net/ checkout ledger refunds passing ${i * 37}`,
  );
  return text(lines.join("\n"));
}

test("GOSSIP-27: what is compressed unfolds to the same bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 4_000 }), fc.integer({ min: 1, max: 12 }), (seed, times) => {
      const body = new Uint8Array(seed.length * times);
      for (let i = 0; i < times; i++) body.set(seed, i * seed.length);
      const packed = compress(body);
      if (packed) expect(decompress(packed, LIMIT)).toEqual(body);
    }),
    { numRuns: 100 },
  );
});

test("GOSSIP-27: a body is compressed only above the size where it pays, and only when it saves a tenth", () => {
  expect(compress(new Uint8Array(MIN_COMPRESSED_BYTES - 1))).toBeNull();
  expect(compress(new Uint8Array(MIN_COMPRESSED_BYTES))).not.toBeNull();
  const random = new Random(7);
  const noise = Uint8Array.from({ length: 4_096 }, () => random.below(256));
  expect(compress(noise)).toBeNull();
});

test("GOSSIP-27: records of a catalog shrink by more than half", () => {
  const body = recordLike(20);
  expect(compress(body)?.length).toBeLessThan(body.length / 2);
});

test("GOSSIP-28: a body that unfolds past the limit is refused", () => {
  const packed = compress(new Uint8Array(10_000_000));
  expect(packed).not.toBeNull();
  if (!packed) return;
  expect(packed.length).toBeLessThan(LIMIT);
  expect(decompress(packed, LIMIT)).toBeInstanceOf(DecodeError);
  expect(decompress(packed, 10_000_000)).toHaveLength(10_000_000);
});

test("GOSSIP-28: any bytes unfold to a value within the limit or to an error", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2_000 }), (bytes) => {
      const unfolded = decompress(bytes, LIMIT);
      expect(unfolded instanceof DecodeError || unfolded.length <= LIMIT).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test("GOSSIP-28: a body cut short is refused", () => {
  const packed = compress(recordLike(20));
  expect(packed).not.toBeNull();
  if (packed) expect(decompress(packed.subarray(0, packed.length - 8), LIMIT)).toBeInstanceOf(DecodeError);
});
