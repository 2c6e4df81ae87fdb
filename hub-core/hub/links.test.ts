import { beforeEach, describe, expect, test } from "vitest";
import { Metrics } from "../common/metrics.ts";
import { Random } from "../common/random.ts";
import type { HubId, HubIdentity, Millis } from "../common/types.ts";
import { decodeFrame, encodeFrames } from "../wire/frame.ts";
import type { Message } from "../wire/messages.ts";
import type { LinkId } from "./contract.ts";
import type { LinkNews, LinkOutbox } from "./link-surroundings.ts";
import { Links } from "./links.ts";

const MAX_BYTES = 65_536;
const LEASE_MS = 840_000;

function identity(hubId: HubId, parent = "p"): HubIdentity {
  return { hubId, tier: "local", region: "r", coordinates: { latitude: 0, longitude: 0 }, parent, address: "" };
}

function hello(
  hubId: HubId,
  more: { instance?: number; newest?: number; oldest?: number; parent?: string } = {},
): Message {
  return {
    kind: "hello",
    oldestVersion: more.oldest ?? 1,
    newestVersion: more.newest ?? 2,
    hub: identity(hubId, more.parent),
    incarnation: 1,
    instance: more.instance ?? 1,
  };
}

class Recorder implements LinkOutbox {
  dialled: HubId[] = [];
  closed: { link: LinkId; reason: string }[] = [];
  sent: { link: LinkId; messages: readonly Message[]; version: number }[] = [];
  openLink(peer: HubIdentity): void {
    this.dialled.push(peer.hubId);
  }
  closeLink(link: LinkId, _code: number, reason: string): void {
    this.closed.push({ link, reason });
  }
  sendFrame(link: LinkId, bytes: Uint8Array): void {
    const messages = decodeFrame(bytes, MAX_BYTES);
    if (messages instanceof Error) throw messages;
    this.sent.push({ link, messages, version: bytes[1] as number });
  }
  log(): void {}
}

let out: Recorder;
let news: LinkNews[];
let metrics: Metrics;

function linksOf(self: HubId, maxConnections = 10): Links {
  return new Links({
    self: identity(self),
    incarnation: () => 1,
    instance: 99,
    versions: { oldest: 1, newest: 2 },
    dialTimeoutMs: 5_000,
    network: { maxConnections, connectionTimeoutMs: 30_000, leaseMs: LEASE_MS },
    frames: { maxBytes: MAX_BYTES, compression: true },
    random: new Random(1),
    metrics,
    countBytes: () => {},
    rttMs: () => undefined,
    related: (hub) => hub.parent === "p",
    mayStandIn: () => false,
    standsIn: () => null,
    find: (id) => identity(id),
  });
}

function hear(links: Links, link: LinkId, message: Message, now: Millis, version = 1): void {
  for (const bytes of encodeFrames([message], { version, maxBytes: MAX_BYTES, compression: false }).frames) {
    links.received(link, bytes, now, news, out);
  }
}

function greet(links: Links, link: LinkId, peer: HubId, direction: "in" | "out", now: Millis, instance = 1): void {
  links.opened(link, peer, direction, now, out);
  hear(links, link, hello(peer, { instance }), now);
}

const framed = (message: Message): Uint8Array =>
  encodeFrames([message], { version: 1, maxBytes: MAX_BYTES, compression: false }).frames[0] ?? new Uint8Array();
const helloFrame = (peer: HubId): Uint8Array => framed(hello(peer));
const ping = (): Uint8Array => framed({ kind: "ping", seq: 1, coordinate: null, updates: [] });

beforeEach(() => {
  out = new Recorder();
  news = [];
  metrics = new Metrics();
});

describe("greeting", () => {
  test("LINK-1: the hello is the first frame, in the oldest version, and what comes before the peer's is dropped", () => {
    const links = linksOf("a");
    links.opened(1, "b", "in", 0, out);
    links.flush(out);
    expect(out.sent[0]).toMatchObject({ link: 1, version: 1, messages: [{ kind: "hello" }] });
    hear(links, 1, { kind: "goodbye", reason: "renewed" }, 0);
    expect(links.connected("b")).toBe(false);
    const early = linksOf("a");
    early.opened(2, "b", "in", 0, out);
    early.received(2, new Uint8Array([0x4d, 1, 0, 99]), 0, news, out);
    expect(metrics.value("federation_frames_rejected_total", { reason: "undecodable" })).toBe(1);
  });

  test("LINK-2: a hello that names another hub than the authenticated one closes the link", () => {
    const links = linksOf("a");
    links.opened(1, "b", "in", 0, out);
    hear(links, 1, hello("c"), 0);
    expect(out.closed).toEqual([{ link: 1, reason: "protocol" }]);
    expect(metrics.value("federation_peers_refused_total", { reason: "impostor" })).toBe(1);
    expect(news).toEqual([]);
  });

  test("LINK-3: no version in common closes the link; else the newest common one is spoken", () => {
    const links = linksOf("a");
    links.opened(1, "b", "in", 0, out);
    hear(links, 1, hello("b", { oldest: 3, newest: 4 }), 0);
    expect(out.closed).toEqual([{ link: 1, reason: "protocol" }]);
    links.opened(2, "c", "in", 0, out);
    hear(links, 2, hello("c", { newest: 1 }), 0);
    expect(links.greeted().map((link) => link.greeting?.version)).toEqual([1]);
  });

  test("LINK-13: another instance behind an open link is a restart: down, then up anew, and greeted again", () => {
    const links = linksOf("a");
    greet(links, 1, "b", "in", 0, 1);
    links.flush(out);
    news = [];
    hear(links, 1, hello("b", { instance: 2 }), 100);
    expect(news).toMatchObject([
      { kind: "down", peer: "b", expected: true },
      { kind: "up", hub: { hubId: "b" }, instance: 2 },
    ]);
    links.flush(out);
    expect(out.sent.flatMap((frame) => frame.messages).filter(({ kind }) => kind === "hello")).toHaveLength(2);
    expect(out.closed).toEqual([]);
  });

  test("LINK-13: a repeated hello, or a message before the peer's, is answered with ours, a few times at most", () => {
    for (const early of [false, true]) {
      const links = linksOf("a");
      out = new Recorder();
      if (early) links.opened(1, "b", "in", 0, out);
      else greet(links, 1, "b", "in", 0);
      for (let i = 0; i < 10; i++) {
        if (early) links.received(1, ping(), 0, news, out);
        else links.received(1, helloFrame("b"), 0, news, out);
        links.flush(out);
      }
      expect(out.sent.flatMap((frame) => frame.messages).filter(({ kind }) => kind === "hello")).toHaveLength(4);
      expect(out.closed).toEqual([]);
    }
  });

  test("LINK-11: a link that is not greeted in time is closed and counted; a dialled one is a dial that timed out", () => {
    const links = linksOf("a");
    links.opened(1, "b", "out", 0, out);
    links.opened(2, "c", "in", 0, out);
    expect(links.nextDeadline()).toBe(5_000);
    links.tick(5_000, news, out);
    expect(out.closed).toEqual([
      { link: 1, reason: "no hello" },
      { link: 2, reason: "no hello" },
    ]);
    expect(news).toEqual([{ kind: "dial-failed", peer: "b", reason: "timeout" }]);
    expect(metrics.value("federation_peers_refused_total", { reason: "no-hello" })).toBe(2);
    links.opened(3, "b", "out", 6_000, out);
    links.closed(3, 6_100, news);
    expect(news.at(-1)).toEqual({ kind: "dial-failed", peer: "b", reason: "unreachable" });
  });

  test("LINK-12: a hub of no common group hears who we are, then goodbye, and what it answered is news", () => {
    const links = linksOf("a");
    links.opened(1, "z", "out", 0, out);
    hear(links, 1, hello("z", { parent: "elsewhere" }), 0);
    expect(out.sent.flatMap((frame) => frame.messages).map((message) => message.kind)).toEqual(["hello", "goodbye"]);
    expect(news).toMatchObject([{ kind: "answered", hub: { hubId: "z" } }]);
  });
});

describe("two links to one peer", () => {
  test("LINK-4: the lower id's dial is kept, and the peer is never seen down", () => {
    const links = linksOf("a");
    greet(links, 1, "b", "in", 0);
    greet(links, 2, "b", "out", 1);
    expect(out.sent.filter(({ link }) => link === 1).at(-1)?.messages).toEqual([
      { kind: "goodbye", reason: "duplicate" },
    ]);
    expect(news.map((n) => n.kind)).toEqual(["up"]);
    expect(links.connected("b")).toBe(true);
  });

  test("LINK-14: a replaced link is read until the peer says goodbye on it too, so that nothing under way is lost", () => {
    const links = linksOf("a");
    greet(links, 1, "b", "in", 0);
    greet(links, 2, "b", "out", 1);
    hear(links, 1, { kind: "ping", seq: 1, coordinate: null, updates: [] }, 2, 2);
    expect(news.at(-1)).toMatchObject({ kind: "message", from: "b", message: { kind: "ping" } });
    expect(out.closed).toEqual([]);
    hear(links, 1, { kind: "goodbye", reason: "duplicate" }, 3);
    expect(out.closed).toEqual([{ link: 1, reason: "duplicate" }]);
    expect(news.filter((n) => n.kind === "down")).toEqual([]);
  });

  test("LINK-14: a link that the peer has replaced serves until its successor has greeted us", () => {
    const links = linksOf("b");
    greet(links, 1, "a", "in", 0);
    hear(links, 1, { kind: "goodbye", reason: "renewed" }, 1);
    expect(links.connected("a")).toBe(true);
    greet(links, 2, "a", "in", 2);
    expect(out.closed).toEqual([{ link: 1, reason: "renewed" }]);
    expect(news.map((n) => n.kind)).toEqual(["up"]);
    hear(links, 2, { kind: "goodbye", reason: "renewed" }, 3);
    links.tick(links.nextDeadline(), news, out);
    expect(news.at(-1)).toEqual({ kind: "down", peer: "a", expected: true });
  });

  test("LINK-6: a lease is renewed by its dialler before it ends, and the peer is never seen down", () => {
    const links = linksOf("a");
    links.want(["b"], 0);
    greet(links, 1, "b", "out", 0);
    links.tick(LEASE_MS - 1, news, out);
    expect(out.dialled).toEqual([]);
    expect(links.nextDeadline()).toBe(LEASE_MS);
    links.tick(LEASE_MS, news, out);
    expect(out.dialled).toEqual(["b"]);
    greet(links, 2, "b", "out", LEASE_MS);
    expect(out.sent.filter(({ link }) => link === 1).at(-1)?.messages).toEqual([
      { kind: "goodbye", reason: "renewed" },
    ]);
    links.closed(1, LEASE_MS + 1, news);
    expect(news.map((n) => n.kind)).toEqual(["up"]);
  });

  test("LINK-4: another instance of the peer replaces the dead link and is announced anew", () => {
    const links = linksOf("a");
    greet(links, 1, "b", "in", 0, 1);
    greet(links, 2, "b", "in", 1, 2);
    expect(news.map((n) => n.kind)).toEqual(["up", "down", "up"]);
  });
});

describe("dialling", () => {
  test("LINK-5: the lower id dials at once, the higher id after a grace", () => {
    const lower = linksOf("a");
    lower.want(["b"], 0);
    lower.tick(0, news, out);
    expect(out.dialled).toEqual(["b"]);
    out = new Recorder();
    const higher = linksOf("b");
    higher.want(["a"], 0);
    higher.tick(0, news, out);
    expect(out.dialled).toEqual([]);
    higher.tick(higher.nextDeadline(), news, out);
    expect(out.dialled).toEqual(["a"]);
  });

  test("LINK-16: a dial that hangs is replaced when somebody asks again, and each gets twice the time of the one before", () => {
    const links = linksOf("a");
    const begun: Millis[] = [];
    for (let now = 0; now < 8_000; now += 100) {
      const before = out.dialled.length;
      links.request("b", now, out);
      if (out.dialled.length > before) begun.push(now);
    }
    expect(begun).toEqual([0, 1_000, 3_000, 7_000]);
    links.dialFailed("b", "timeout", 8_000, news);
    links.request("b", 8_000, out);
    links.request("b", 9_000, out);
    expect(out.dialled).toHaveLength(6);
  });

  test("LINK-8: failing dials back off with jitter up to 10 s, and a request dials at once all the same", () => {
    const links = linksOf("a");
    links.want(["b"], 0);
    let now = 0;
    const waits: number[] = [];
    for (let i = 0; i < 12; i++) {
      links.tick(now, news, out);
      links.dialFailed("b", "refused", now, news);
      waits.push(links.nextDeadline() - now);
      now = links.nextDeadline();
    }
    expect(waits[0]).toBeGreaterThanOrEqual(100);
    expect(waits[0]).toBeLessThanOrEqual(200);
    expect(Math.max(...waits)).toBeLessThanOrEqual(10_000);
    expect(Math.min(...waits.slice(-3))).toBeGreaterThanOrEqual(5_000);
    links.dialFailed("b", "refused", now, news);
    const before = out.dialled.length;
    links.request("b", now, out);
    expect(out.dialled.length).toBe(before + 1);
  });
});

describe("limits", () => {
  test("LINK-15: at most 16 dials are under way; one more is refused at once, frees nobody's place and is held against nobody", () => {
    const links = linksOf("a");
    const peers = Array.from({ length: 17 }, (_, i) => `b${i}`);
    expect(peers.map((peer) => links.request(peer, 0, out))).toEqual(peers.map((_, i) => i < 16));
    expect(links.request("b0", 500, out)).toBe(true);
    // One of the sixteen is dialled anew; that takes no further place and gives none away.
    expect(links.request("b0", 1_000, out)).toBe(true);
    expect(links.request("b16", 1_000, out)).toBe(false);
    expect(out.dialled).toEqual([...peers.slice(0, 16), "b0"]);
    expect(news).toEqual([]);
    links.want(["b16"], 1_000);
    links.dialFailed("b1", "timeout", 1_500, news);
    expect(links.nextDeadline()).toBe(1_000);
    links.tick(1_500, news, out);
    expect(out.dialled.at(-1)).toBe("b16");
  });

  test("LINK-15: a renewal waits for a dial to end, and asks for no time of its own until then", () => {
    const links = linksOf("a");
    links.want(["b"], 0);
    greet(links, 1, "b", "out", 0);
    for (let i = 0; i < 16; i++) links.request(`c${i}`, LEASE_MS - 1_000, out);
    links.tick(LEASE_MS, news, out);
    expect(links.nextDeadline()).toBeGreaterThan(LEASE_MS);
    links.dialFailed("c0", "refused", LEASE_MS + 500, news);
    links.tick(LEASE_MS + 500, news, out);
    expect(out.dialled.at(-1)).toBe("b");
  });

  test("LINK-7: at the limit a newcomer takes an unwanted link's place; when all are wanted it is refused", () => {
    const links = linksOf("a", 2);
    links.want(["b", "c"], 0);
    greet(links, 1, "b", "in", 0);
    greet(links, 2, "x", "in", 0);
    greet(links, 3, "c", "in", 1);
    expect(out.closed).toEqual([{ link: 2, reason: "over-limit" }]);
    expect(links.greeted().map(({ peer }) => peer)).toEqual(["b", "c"]);
    greet(links, 4, "y", "in", 2);
    expect(out.closed.at(-1)).toEqual({ link: 4, reason: "over-limit" });
    expect(links.greeted().map(({ peer }) => peer)).toEqual(["b", "c"]);
  });

  test("LINK-7: a joiner that nobody wants yet takes the place of the unwanted link not heard from for longest", () => {
    const links = linksOf("a", 3);
    links.want(["b"], 0);
    greet(links, 1, "b", "in", 0);
    greet(links, 2, "x", "in", 1);
    greet(links, 3, "y", "in", 2);
    hear(links, 2, { kind: "ping", seq: 1, coordinate: null, updates: [] }, 3, 2);
    greet(links, 4, "joiner", "in", 4);
    expect(out.closed).toEqual([{ link: 3, reason: "over-limit" }]);
    expect(links.greeted().map(({ peer }) => peer)).toEqual(["b", "x", "joiner"]);
  });

  test("LINK-7: who is refused again and again, links in between or not, asks every five minutes in the end", () => {
    const links = linksOf("a");
    links.want(["b"], 0);
    const waits: number[] = [];
    let now = 0;
    for (let link = 1; link <= 12; link++) {
      links.tick(now, news, out);
      greet(links, link, "b", "out", now);
      hear(links, link, { kind: "goodbye", reason: "over-limit" }, now);
      waits.push(links.nextDeadline() - now);
      now = links.nextDeadline();
    }
    expect(waits[0]).toBeLessThanOrEqual(5_000);
    expect(Math.min(...waits.slice(-3))).toBeGreaterThanOrEqual(150_000);
    expect(Math.max(...waits)).toBeLessThanOrEqual(300_000);
    links.want([], now);
    links.want(["b"], now);
    links.tick(now, news, out);
    greet(links, 13, "b", "out", now);
    hear(links, 13, { kind: "goodbye", reason: "over-limit" }, now);
    expect(links.nextDeadline() - now).toBeLessThanOrEqual(5_000);
  });

  test("LINK-9: the sixteenth undecodable frame closes the link", () => {
    const links = linksOf("a");
    greet(links, 1, "b", "in", 0);
    for (let i = 0; i < 16; i++) {
      expect(out.closed).toEqual([]);
      links.received(1, new Uint8Array([1, 2, 3]), i, news, out);
    }
    expect(out.closed).toEqual([{ link: 1, reason: "protocol" }]);
    expect(metrics.value("federation_frames_rejected_total", { reason: "undecodable" })).toBe(16);
  });

  test("LINK-10: a link nobody wants is closed by its dialler after lingering, with a goodbye", () => {
    const links = linksOf("a");
    links.request("b", 0, out);
    greet(links, 1, "b", "out", 0);
    links.tick(29_999, news, out);
    expect(out.closed).toEqual([]);
    links.tick(30_000, news, out);
    expect(out.closed).toEqual([{ link: 1, reason: "unwanted" }]);
    expect(out.sent.at(-1)?.messages).toEqual([{ kind: "goodbye", reason: "unwanted" }]);
    expect(news.at(-1)).toEqual({ kind: "down", peer: "b", expected: true });
  });
});
