import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DecodeError, encode } from "./codec.ts";
import { decodeFrame, encodeFrames } from "./frame.ts";
import { PART_BYTES } from "./link-messages.ts";
import { type Message, type MessageOf, message } from "./messages.ts";
import { type DropReason, MAX_PARTED_BYTES, PartAssembly, partsOf } from "./parts.ts";

const VERSION = 2;
/** Of a `group-relay` with short names, beside what it relays. */
const RELAY_BYTES = encode(message, relay(0, 1), VERSION).length;

/** A message of any length; `salt` tells it from others. */
function relay(length: number, salt: number): Message {
  const bytes = Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8) + salt) % 253);
  return { kind: "group-relay", group: "g", from: "a", to: "b", hops: salt, message: bytes };
}

const goodbye: Message = { kind: "goodbye", reason: "renewed" };

function framesOf(messages: readonly Message[], maxBytes: number, firstPartedId = 0): Uint8Array[] {
  const encoded = encodeFrames(messages, { version: VERSION, maxBytes, compression: true, firstPartedId });
  expect(encoded.oversized).toEqual([]);
  expect(encoded.frames.filter(({ length }) => length > maxBytes)).toEqual([]);
  return [...encoded.frames];
}

/** The other end of a link. */
class Receiver {
  readonly dropped: DropReason[] = [];
  readonly delivered: Message[] = [];
  readonly errors: DecodeError[] = [];
  readonly assembly = new PartAssembly((reason) => this.dropped.push(reason));

  hear(frames: readonly Uint8Array[]): this {
    for (const frame of frames) {
      const messages = decodeFrame(frame, 65_536);
      if (messages instanceof DecodeError) throw messages;
      for (const each of messages) this.take(each);
    }
    return this;
  }

  take(each: Message): void {
    const whole = each.kind === "message-part" ? this.assembly.take(each, VERSION) : each;
    expect(this.assembly.held).toBeLessThanOrEqual(MAX_PARTED_BYTES);
    if (whole instanceof DecodeError) this.errors.push(whole);
    else if (whole) this.delivered.push(whole);
  }
}

const anyMessages = fc.array(
  fc.oneof(
    fc.constant(goodbye),
    fc.tuple(fc.nat(900), fc.nat(9)).map(([length, salt]) => relay(length, salt)),
    fc.tuple(fc.nat(9_000), fc.nat(9)).map(([length, salt]) => relay(length, salt)),
  ),
  { maxLength: 12 },
);

describe("WIRE-10: what fits no frame goes in parts", () => {
  test("WIRE-10: and keeps its place among the others, whatever the size of frames", () => {
    fc.assert(
      fc.property(anyMessages, fc.integer({ min: 200, max: 4_000 }), (messages, maxBytes) => {
        const receiver = new Receiver().hear(framesOf(messages, maxBytes));
        expect(receiver.delivered).toEqual(messages);
        expect({ ...receiver, held: receiver.assembly.held }).toMatchObject({ dropped: [], errors: [], held: 0 });
      }),
      { numRuns: 60 },
    );
  });

  test("WIRE-10: a value of 64 KiB, and a message of 1 MiB to the byte, in frames of any size that may be configured", () => {
    for (const maxBytes of [32_768, 65_536]) {
      const messages = [relay(65_536, 1), goodbye, relay(MAX_PARTED_BYTES - RELAY_BYTES - 2, 2), relay(9, 3)];
      expect(encode(message, messages[2] as Message, VERSION)).toHaveLength(MAX_PARTED_BYTES);
      const frames = framesOf(messages, maxBytes);
      expect(new Receiver().hear(frames).delivered).toEqual(messages);
      // Two parts to a frame, or four, and little else.
      expect(frames.length).toBeLessThan((1.2 * (MAX_PARTED_BYTES + 65_536)) / maxBytes);
    }
  });

  test("WIRE-10: not to a peer of version 1, nor past 1 MiB, nor what links say to each other: that is reported", () => {
    const large = relay(65_536, 1);
    const longer = relay(MAX_PARTED_BYTES - RELAY_BYTES - 1, 1);
    const hub = {
      hubId: "a",
      tier: "local",
      region: "r",
      coordinates: { latitude: 0, longitude: 0 },
      parent: "p",
    } as const;
    const hello: Message = {
      ...{ kind: "hello", oldestVersion: 1, newestVersion: 2, incarnation: 1, instance: 1 },
      hub: { ...hub, address: "u".repeat(2_000) },
    };
    for (const [each, version, maxBytes] of [
      [large, 1, 65_536],
      [longer, 2, 65_536],
      [hello, 2, 1_024],
    ] as const) {
      const { frames, parted, oversized } = encodeFrames([goodbye, each, goodbye], {
        version,
        maxBytes,
        compression: false,
      });
      expect({ parted, oversized }).toEqual({ parted: [], oversized: [each] });
      expect(frames).toHaveLength(1);
    }
  });
});

type Fault = { readonly kind: "lose" | "repeat" | "late"; readonly at: number };
const anyFaults = fc.array(
  fc.record<Fault>({ kind: fc.constantFrom("lose", "repeat", "late"), at: fc.nat(60) }, { noNullPrototype: true }),
  { maxLength: 4 },
);

function struck(frames: readonly Uint8Array[], faults: readonly Fault[]): Uint8Array[] {
  const arriving = [...frames];
  for (const { kind, at } of faults) {
    const frame = arriving[at];
    if (!frame) continue;
    if (kind === "repeat") arriving.splice(at + 1, 0, frame);
    else arriving.splice(at, 1);
    if (kind === "late") arriving.splice(Math.min(arriving.length, at + 2), 0, frame);
  }
  return arriving;
}

describe("WIRE-11: parts are put together in order or not at all", () => {
  test("WIRE-11: with frames lost, doubled and late a message comes whole or not at all, and what follows is unharmed", () => {
    fc.assert(
      fc.property(anyMessages, anyFaults, (messages, faults) => {
        // Every message of its own kind, so that one made of two would show.
        const told = messages.map((each, i) => (each.kind === "group-relay" ? { ...each, hops: 100 + i } : each));
        const receiver = new Receiver().hear(struck(framesOf(told, 1_024), faults));
        const known = new Set(told.map((each) => JSON.stringify(each)));
        expect(receiver.delivered.filter((each) => !known.has(JSON.stringify(each)))).toEqual([]);
        expect(receiver.errors).toEqual([]);
        if (receiver.delivered.length < told.length && faults.every(({ kind }) => kind !== "lose")) {
          expect(receiver.dropped.length).toBeGreaterThan(0);
        }
        const next = relay(5_000, 3);
        receiver.hear(framesOf([next], 1_024, 1_000));
        expect(receiver.delivered.at(-1)).toEqual(next);
        expect(receiver.assembly.held).toBe(0);
      }),
      { numRuns: 150 },
    );
  });

  const anyPart: fc.Arbitrary<MessageOf<"message-part">> = fc.record(
    {
      kind: fc.constant("message-part" as const),
      id: fc.constantFrom(0, 1, Number.MAX_SAFE_INTEGER),
      index: fc.oneof(fc.nat(3), fc.constant(Number.MAX_SAFE_INTEGER)),
      count: fc.oneof(fc.nat(4), fc.constant(Number.MAX_SAFE_INTEGER)),
      bytes: fc.uint8Array({ maxLength: 40 }),
    },
    { noNullPrototype: true },
  );

  test("WIRE-11: whatever parts a peer sends, nothing is thrown, and each ends in a message, an error, more to come or a drop", () => {
    fc.assert(
      fc.property(fc.array(anyPart, { maxLength: 30 }), (parts) => {
        const receiver = new Receiver();
        let held = 0;
        for (const part of parts) {
          const before = receiver.dropped.length + receiver.delivered.length + receiver.errors.length;
          receiver.take(part);
          held = receiver.assembly.held;
          const ended = receiver.dropped.length + receiver.delivered.length + receiver.errors.length > before;
          expect(ended || held > 0 || part.bytes.length === 0).toBe(true);
        }
        const whole = relay(100, 1);
        receiver.hear(framesOf([whole], 128, 77));
        expect(receiver.delivered.at(-1)).toEqual(whole);
      }),
      { numRuns: 500 },
    );
  });

  test("WIRE-11: a message that never ends is dropped at 1 MiB", () => {
    const receiver = new Receiver();
    for (let index = 0; index < 100; index++) {
      receiver.take({ kind: "message-part", id: 1, index, count: 1_000, bytes: new Uint8Array(PART_BYTES) });
    }
    const within = Math.floor(MAX_PARTED_BYTES / PART_BYTES);
    expect(receiver.dropped[0]).toBe("size");
    expect(receiver.dropped.slice(1)).toEqual(new Array(100 - within - 1).fill("order"));
    expect(receiver.assembly.held).toBe(0);
  });

  test("WIRE-11: parts within parts, and what links say to each other, are refused", () => {
    const [inner] = partsOf(encode(message, goodbye, VERSION), 1, 1_024);
    for (const each of [goodbye, inner as Message]) {
      const receiver = new Receiver();
      for (const part of partsOf(encode(message, each, VERSION), 2, 1_024)) receiver.take(part);
      expect(receiver.errors.map((error) => error.message)).toEqual([`a ${each.kind} in parts`]);
      expect(receiver.delivered).toEqual([]);
    }
  });
});
