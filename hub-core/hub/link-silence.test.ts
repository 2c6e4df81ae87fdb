import { beforeEach, describe, expect, test } from "vitest";
import { Metrics } from "../common/metrics.ts";
import { Random } from "../common/random.ts";
import type { HubId, HubIdentity } from "../common/types.ts";
import { encodeFrames } from "../wire/frame.ts";
import type { Message, MessageOf } from "../wire/messages.ts";
import type { LinkId } from "./contract.ts";
import { newLink } from "./link.ts";
import { asked, isSilent, silenceAfter } from "./link-silence.ts";
import type { LinkOutbox, LinksOptions } from "./link-surroundings.ts";
import { Links } from "./links.ts";

const options: LinksOptions = {
  self: identity("a"),
  incarnation: () => 1,
  instance: 99,
  versions: { oldest: 1, newest: 2 },
  dialTimeoutMs: 5_000,
  network: { maxConnections: 10, connectionTimeoutMs: 30_000, leaseMs: 840_000 },
  frames: { maxBytes: 65_536, compression: false },
  random: new Random(1),
  metrics: new Metrics(),
  countBytes: () => {},
  rttMs: () => 80,
  related: () => true,
  mayStandIn: () => false,
  standsIn: () => null,
  find: identity,
};
const out: LinkOutbox = { openLink: () => {}, closeLink: () => {}, sendFrame: () => {}, log: () => {} };
const ping: MessageOf<"ping"> = { kind: "ping", seq: 1, coordinate: null, updates: [] };
const ack: MessageOf<"ack"> = { kind: "ack", seq: 1, coordinate: null, updates: [] };

function identity(hubId: HubId): HubIdentity {
  return { hubId, tier: "local", region: "r", coordinates: { latitude: 0, longitude: 0 }, parent: "p", address: "" };
}

function hear(links: Links, id: LinkId, message: Message, now: number): void {
  const { frames } = encodeFrames([message], { version: 1, maxBytes: 65_536, compression: false });
  for (const bytes of frames) links.received(id, bytes, now, [], out);
}

function greet(links: Links, id: LinkId, peer: HubId, now: number): void {
  links.opened(id, peer, "out", now, out);
  const hub = identity(peer);
  hear(links, id, { kind: "hello", oldestVersion: 1, newestVersion: 2, hub, incarnation: 1, instance: 1 }, now);
}

let link = newLink(1, "b", "out", 0, options);

beforeEach(() => {
  link = newLink(1, "b", "out", 0, options);
});

describe("LINK-19: a link on which nothing is heard though something was asked is silent", () => {
  test("after two round trips and a margin, counted from the first question", () => {
    asked(link, ping, 1_000);
    asked(link, ping, 1_300);
    expect(silenceAfter(80)).toBe(410);
    expect(isSilent(link, 80, 1_410)).toBe(false);
    expect(isSilent(link, 80, 1_411)).toBe(true);
  });

  test("a longer way is given longer, and one that nobody has measured as long as the longest", () => {
    asked(link, ping, 0);
    expect([isSilent(link, 280, 800), isSilent(link, undefined, 800), isSilent(link, undefined, 900)]).toEqual([
      false,
      false,
      true,
    ]);
  });

  test("what nobody answers asks nothing, so an idle link never is", () => {
    const unanswered: Message[] = [ack, { kind: "goodbye", reason: "unwanted" }];
    for (const message of unanswered) asked(link, message, 0);
    expect(isSilent(link, 80, 1_000_000)).toBe(false);
    expect(isSilent(undefined, 80, 1_000_000)).toBe(false);
  });

  test("any frame ends it, and a link that takes the place of another begins without", () => {
    const links = new Links(options);
    greet(links, 1, "b", 0);
    links.queue("b", ping, 0);
    expect([links.silent("b", 400), links.silent("b", 500), links.silent("nobody", 500)]).toEqual([false, true, false]);
    hear(links, 1, ack, 2_000);
    expect(links.silent("b", 9_000)).toBe(false);
    links.queue("b", ping, 9_000);
    expect(links.silent("b", 11_000)).toBe(true);
    greet(links, 2, "b", 11_000);
    expect(links.silent("b", 12_000)).toBe(false);
  });

  test("nothing is due for it", () => {
    const links = new Links(options);
    greet(links, 1, "b", 0);
    const before = links.nextDeadline();
    links.queue("b", ping, 0);
    expect(links.nextDeadline()).toBe(before);
  });
});
