import fc from "fast-check";
import { expect, test } from "vitest";
import { coordinates } from "./catalog.ts";
import { DecodeError, decode, encode, scaled, struct } from "./codec.ts";
import { NEWEST_VERSION } from "./versions.ts";

const micro = (most: number) => fc.integer({ min: -most * 1e6, max: most * 1e6 }).map((n) => n / 1e6);

test("WIRE-8: coordinates of up to six decimals come back as they were written", () => {
  fc.assert(
    fc.property(micro(90), micro(180), (latitude, longitude) => {
      const written = encode(coordinates, { latitude, longitude }, NEWEST_VERSION);
      expect(decode(coordinates, written, NEWEST_VERSION)).toEqual({ latitude, longitude });
      expect(written.length).toBeLessThanOrEqual(10);
    }),
  );
});

test.each([
  [90.000001, 0],
  [0, -180.000001],
])("WIRE-8: %f, %f is no place on Earth, and is refused", (latitude, longitude) => {
  const degrees = scaled(1_000_000);
  const written = encode(struct({ latitude: degrees, longitude: degrees }), { latitude, longitude }, NEWEST_VERSION);
  expect(decode(coordinates, written, NEWEST_VERSION)).toBeInstanceOf(DecodeError);
});
