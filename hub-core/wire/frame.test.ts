import fc from "fast-check";
import { expect, test } from "vitest";
import { DecodeError } from "./codec.ts";
import { decodeFrame, encodeFrames } from "./frame.ts";
import type { Message } from "./messages.ts";
import { NEWEST_VERSION, negotiate, OLDEST_VERSION } from "./versions.ts";

const MAX = 1_024;
const options = { version: NEWEST_VERSION, maxBytes: MAX, compression: true };

function hello(hubId: string, address = ""): Message {
  return {
    kind: "hello",
    oldestVersion: 1,
    newestVersion: 2,
    hub: { hubId, tier: "local", region: "r", coordinates: { latitude: 1.5, longitude: -2.25 }, parent: "p", address },
    incarnation: 3,
    instance: 4,
  };
}

const goodbye: Message = { kind: "goodbye", reason: "renewed" };

function messagesOf(frame: Uint8Array): readonly Message[] {
  const messages = decodeFrame(frame, MAX);
  if (messages instanceof DecodeError) throw messages;
  return messages;
}

const anyMessage = fc.oneof(
  fc.string({ maxLength: 40 }).map((name) => hello(name)),
  fc.constant(goodbye),
);

test("WIRE-5: messages keep their order across frames, and no frame is over the limit", () => {
  fc.assert(
    fc.property(fc.array(anyMessage, { maxLength: 200 }), fc.constantFrom(1, 2), (messages, version) => {
      const { frames, oversized } = encodeFrames(messages, { ...options, version });
      expect(oversized).toEqual([]);
      expect(frames.every((frame) => frame.length <= MAX)).toBe(true);
      expect(frames.flatMap(messagesOf)).toEqual(messages);
    }),
  );
});

test("WIRE-5: a message that fits no frame is reported and the rest goes on", () => {
  const huge = hello("x", "u".repeat(2_000));
  const { frames, oversized } = encodeFrames([goodbye, huge, goodbye], options);
  expect(oversized).toEqual([huge]);
  expect(frames.flatMap(messagesOf)).toEqual([goodbye, goodbye]);
});

test("WIRE-2: any bytes are a frame or an error", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(0, 1), (tail, flags) => {
      const bytes = new Uint8Array([0x4d, NEWEST_VERSION, flags, ...tail]);
      const result = decodeFrame(bytes, MAX);
      expect(result instanceof DecodeError || Array.isArray(result)).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});

test("WIRE-6: one bad message refuses the whole frame", () => {
  const [frame] = encodeFrames([goodbye, goodbye], options).frames;
  const cut = (frame as Uint8Array).slice(0, -1);
  expect(decodeFrame(cut, MAX)).toBeInstanceOf(DecodeError);
});

test("WIRE-6: a version that we do not know, or another magic, is refused", () => {
  expect(decodeFrame(new Uint8Array([0x4d, NEWEST_VERSION + 1, 0]), MAX)).toBeInstanceOf(DecodeError);
  expect(decodeFrame(new Uint8Array([0x4d, OLDEST_VERSION - 1, 0]), MAX)).toBeInstanceOf(DecodeError);
  expect(decodeFrame(new Uint8Array([0x00, NEWEST_VERSION, 0]), MAX)).toBeInstanceOf(DecodeError);
  expect(decodeFrame(new Uint8Array(MAX + 1), MAX)).toBeInstanceOf(DecodeError);
});

test("WIRE-7: a frame is compressed only when both ends know how and it pays", () => {
  const chatty = Array.from({ length: 60 }, (_, i) => hello(`hub-${i}`));
  const size = (version: number, compression: boolean): number =>
    encodeFrames(chatty, { version, compression, maxBytes: 65_536 }).frames.reduce((sum, f) => sum + f.length, 0);
  expect(size(2, true)).toBeLessThan(size(2, false) / 2);
  expect(size(1, true)).toBe(size(1, false));
  expect(encodeFrames([goodbye], options).frames[0]?.[2]).toBe(0);
});

test("LINK-3: two hubs settle on the newest version that both know, or on none", () => {
  expect(negotiate({ oldest: 1, newest: 2 }, { oldest: 1, newest: 1 })).toBe(1);
  expect(negotiate({ oldest: 1, newest: 2 }, { oldest: 2, newest: 3 })).toBe(2);
  expect(negotiate({ oldest: 1, newest: 1 }, { oldest: 2, newest: 3 })).toBe(null);
});
