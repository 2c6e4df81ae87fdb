/** What a link does with messages that are too large for a frame, or too new for the peer. */
import fc from "fast-check";
import { beforeEach, expect, test } from "vitest";
import { Metrics } from "../common/metrics.ts";
import { Random } from "../common/random.ts";
import type { HubId, HubIdentity } from "../common/types.ts";
import { encode } from "../wire/codec.ts";
import { encodeFrames } from "../wire/frame.ts";
import { type Message, message } from "../wire/messages.ts";
import { partsOf } from "../wire/parts.ts";
import { StepEffects } from "./effects.ts";
import type { LinkNews, LinkOutbox } from "./link-surroundings.ts";
import { Links } from "./links.ts";

const MAX_BYTES = 32_768;

class End implements LinkOutbox {
  readonly metrics = new Metrics();
  readonly frames: Uint8Array<ArrayBuffer>[] = [];
  readonly closed: string[] = [];
  readonly news: LinkNews[] = [];
  readonly links: Links;
  readonly id: HubId;

  constructor(id: HubId, instance = 1, newest = 2) {
    this.id = id;
    this.links = new Links({
      self: identity(id),
      incarnation: () => 1,
      instance,
      versions: { oldest: 1, newest },
      dialTimeoutMs: 5_000,
      network: { maxConnections: 10, connectionTimeoutMs: 30_000, leaseMs: 840_000 },
      frames: { maxBytes: MAX_BYTES, compression: false },
      random: new Random(1),
      metrics: this.metrics,
      countBytes: () => {},
      rttMs: () => undefined,
      related: () => true,
      mayStandIn: () => false,
      standsIn: () => null,
      find: identity,
    });
  }
  openLink(): void {}
  closeLink(_link: number, _code: number, reason: string): void {
    this.closed.push(reason);
  }
  sendFrame(_link: number, bytes: Uint8Array<ArrayBuffer>): void {
    this.frames.push(bytes);
  }
  log(): void {}

  hear(frames: readonly Uint8Array[]): void {
    for (const bytes of frames) this.links.received(1, bytes, 0, this.news, this);
  }
  /** What was queued, as frames. */
  said(): Uint8Array<ArrayBuffer>[] {
    this.links.flush(this);
    return this.frames.splice(0);
  }
  heard(): Message[] {
    return this.news.flatMap((each) => (each.kind === "message" ? [each.message] : []));
  }
  dropped(reason: string): number {
    return this.metrics.value("federation_message_parts_dropped_total", { reason });
  }
}

function identity(hubId: HubId): HubIdentity {
  return { hubId, tier: "local", region: "r", coordinates: { latitude: 0, longitude: 0 }, parent: "p", address: "" };
}

function relay(length: number, hops: number): Message {
  return { kind: "group-relay", group: "g", from: "a", to: "b", hops, message: new Uint8Array(length).fill(hops) };
}

const ping = (seq: number): Message => ({ kind: "ping", seq, coordinate: null, updates: [] });

/** Of version 2, and not put together: part by part, as someone else would send them. */
function framed(...messages: Message[]): Uint8Array[] {
  return [...encodeFrames(messages, { version: 2, maxBytes: MAX_BYTES, compression: false }).frames];
}

function greet(a: End, b: End): void {
  a.links.opened(1, b.id, "out", 0, a);
  b.links.opened(1, a.id, "in", 0, b);
  for (let i = 0; i < 2; i++) {
    b.hear(a.said());
    a.hear(b.said());
  }
  expect([a.links.connected(b.id), b.links.connected(a.id)]).toEqual([true, true]);
}

let a: End;
let b: End;
beforeEach(() => {
  a = new End("a");
  b = new End("b");
  greet(a, b);
});

test("LINK-17: what a peer's version does not know is not sent to it: who sends is told, and it is counted", () => {
  const old = new End("old", 1, 1);
  const c = new End("c");
  greet(c, old);
  const effects = new StepEffects(c.links, c.metrics, 0);
  expect(effects.send("old", relay(10, 1))).toBe(false);
  expect(effects.send("old", ping(1))).toBe(true);
  expect(c.metrics.value("federation_messages_unsent_total", { kind: "group-relay" })).toBe(1);
  old.hear(c.said());
  expect(old.heard()).toEqual([ping(1)]);
  expect(old.metrics.value("federation_frames_rejected_total", { reason: "undecodable" })).toBe(0);
  // To one that knows it, it goes.
  expect(new StepEffects(a.links, a.metrics, 0).send("b", relay(10, 1))).toBe(true);
  b.hear(a.said());
  expect(b.heard()).toEqual([relay(10, 1)]);
});

test("LINK-18: a message that fits no frame arrives as one, in its place among the others, and is counted", () => {
  const sent = [ping(1), relay(70_000, 1), ping(2), relay(1_000_000, 2), ping(3)];
  for (const each of sent) a.links.queue("b", each, 0);
  const frames = a.said();
  expect(Math.max(...frames.map(({ length }) => length))).toBeLessThanOrEqual(MAX_BYTES);
  b.hear(frames);
  expect(b.heard()).toEqual(sent);
  expect(a.metrics.value("federation_messages_parted_total", { kind: "group-relay" })).toBe(2);
  expect(a.metrics.value("federation_messages_oversized_total", { kind: "group-relay" })).toBe(0);
  a.links.queue("b", relay(1_048_576, 3), 0);
  expect(a.said()).toEqual([]);
  expect(a.metrics.value("federation_messages_oversized_total", { kind: "group-relay" })).toBe(1);
});

test("LINK-18: with frames lost, doubled and late no message is made of two, the link stays, and what follows arrives", () => {
  const strike = fc.record({ at: fc.nat(11), kind: fc.constantFrom("lose", "repeat", "late") });
  fc.assert(
    fc.property(fc.array(strike, { maxLength: 6 }), (strikes) => {
      const [c, d] = [new End("c"), new End("d")];
      greet(c, d);
      const sent = [relay(70_000, 1), ping(1), relay(90_000, 2), relay(80_000, 3)];
      for (const each of sent) c.links.queue("d", each, 0);
      const frames = c.said();
      for (const { at, kind } of strikes) {
        const [frame] = frames.splice(Math.min(at, frames.length - 1), kind === "repeat" ? 0 : 1);
        const struck = frame ?? frames[at];
        if (struck && kind !== "lose") frames.splice(at + 1, 0, struck);
      }
      d.hear(frames);
      const told = d.heard();
      for (const each of told) expect(sent).toContainEqual(each);
      expect(d.closed).toEqual([]);
      expect(d.metrics.value("federation_frames_rejected_total", { reason: "undecodable" })).toBe(0);
      c.links.queue("d", relay(40_000, 9), 0);
      d.hear(c.said());
      expect(d.heard().at(-1)).toEqual(relay(40_000, 9));
    }),
    { numRuns: 40 },
  );
});

test("LINK-18: a restart behind the link drops what was unfinished, and the next instance's parts do not continue it", () => {
  a.links.queue("b", relay(100_000, 1), 0);
  const frames = a.said();
  b.hear(frames.slice(0, 2));
  const again = new End("a", 2);
  again.links.opened(1, "b", "out", 0, again);
  b.hear(again.said());
  expect(b.dropped("link")).toBe(1);
  again.hear(b.said());
  again.links.queue("b", relay(100_000, 2), 0);
  const anew = again.said();
  // Late frames of the first run in the midst of the second's.
  b.hear([...anew.slice(0, 2), ...frames.slice(2), ...anew.slice(2)]);
  expect(b.heard()).toEqual([]);
  expect(b.closed).toEqual([]);
  again.links.queue("b", relay(50_000, 3), 0);
  b.hear(again.said());
  expect(b.heard()).toEqual([relay(50_000, 3)]);
});

test("LINK-18: the end of a link is the end of what was unfinished on it", () => {
  a.links.queue("b", relay(100_000, 1), 0);
  b.hear(a.said().slice(0, 2));
  b.links.closed(1, 0, b.news);
  expect(b.dropped("link")).toBe(1);
});

test("LINK-9: what is whole and cannot be read is garbage like any other; parts out of order are not", () => {
  const stray = partsOf(new Uint8Array(20_000), 5, MAX_BYTES)[1] as Message;
  for (let i = 0; i < 40; i++) b.hear(framed(stray));
  expect(b.closed).toEqual([]);
  expect(b.dropped("order")).toBe(40);
  const inner = encode(message, { kind: "goodbye", reason: "leaving" }, 2);
  for (let i = 0; i < 8; i++) {
    b.hear(framed(...partsOf(Uint8Array.of(255), i, MAX_BYTES)));
    b.hear(framed(...partsOf(inner, i, MAX_BYTES)));
  }
  expect(b.metrics.value("federation_frames_rejected_total", { reason: "undecodable" })).toBe(16);
  expect(b.closed).toEqual(["protocol"]);
});
