import { beforeEach, expect, test } from "vitest";
import { Metrics } from "../common/metrics.ts";
import { Random } from "../common/random.ts";
import type { HubId, HubIdentity, Tier } from "../common/types.ts";
import type { Leadership } from "../wire/catalog.ts";
import { decodeFrame, encodeFrames } from "../wire/frame.ts";
import type { Message } from "../wire/messages.ts";
import type { LinkNews, LinksOptions } from "./link-surroundings.ts";
import { Links } from "./links.ts";

const MAX_BYTES = 65_536;
const LEADERSHIP: Leadership = { group: "east", parent: "r-east", above: "g", term: 3, since: 1_000 };

let news: LinkNews[];
let sent: { readonly version: number; readonly messages: readonly Message[] }[];
let closed: string[];

const out = {
  openLink: () => {},
  closeLink: (_: number, __: number, reason: string) => closed.push(reason),
  sendFrame: (_: number, bytes: Uint8Array) => {
    const messages = decodeFrame(bytes, MAX_BYTES);
    if (messages instanceof Error) throw messages;
    sent.push({ version: bytes[1] as number, messages });
  },
  log: () => {},
};

beforeEach(() => {
  news = [];
  sent = [];
  closed = [];
});

function identity(hubId: HubId, tier: Tier, parent: HubId | null): HubIdentity {
  return { hubId, tier, region: "east", coordinates: { latitude: 0, longitude: 0 }, parent, address: "" };
}

function linksOf(self: HubIdentity, more: Partial<LinksOptions>): Links {
  return new Links({
    self,
    incarnation: () => 1,
    instance: 99,
    versions: { oldest: 1, newest: 2 },
    dialTimeoutMs: 5_000,
    network: { maxConnections: 10, connectionTimeoutMs: 30_000, leaseMs: 840_000 },
    frames: { maxBytes: MAX_BYTES, compression: false },
    random: new Random(1),
    metrics: new Metrics(),
    countBytes: () => {},
    rttMs: () => undefined,
    related: (hub, standsIn) => hub.parent === "g" || standsIn?.above === "g",
    mayStandIn: (hub) => hub.parent === "r-east",
    standsIn: () => null,
    find: () => undefined,
    ...more,
  });
}

/** A link that comes in, and what is heard on it, each in a frame of its own. */
function hear(links: Links, peer: HubIdentity, messages: readonly Message[], newest = 2): void {
  links.opened(1, peer.hubId, "in", 0, out);
  const hello: Message = {
    kind: "hello",
    oldestVersion: 1,
    newestVersion: newest,
    hub: peer,
    incarnation: 4,
    instance: 7,
  };
  for (const message of [hello, ...messages]) {
    const options = { version: message === hello ? 1 : newest, maxBytes: MAX_BYTES, compression: false };
    for (const bytes of encodeFrames([message], options).frames) links.received(1, bytes, 0, news, out);
  }
  links.flush(out);
}

const G = identity("g", "global", null);
const STAND_IN = identity("l-east-1", "local", "r-east");
const CLAIM: Message = { kind: "stand-in", leadership: LEADERSHIP };

test("COORD-1: who has no place here by its hello gets one by saying for whom it stands in", () => {
  hear(linksOf(G, {}), STAND_IN, [CLAIM]);
  expect(news).toEqual([{ kind: "up", hub: STAND_IN, incarnation: 4, instance: 7, version: 2, standsIn: LEADERSHIP }]);
  expect(closed).toEqual([]);
});

test("COORD-1: without saying so it is no member, whatever else it says", () => {
  hear(linksOf(G, {}), STAND_IN, [{ kind: "ping", seq: 1, coordinate: null, updates: [] }]);
  expect(news).toEqual([]);
});

test("COORD-4: whose place is taken is sent away", () => {
  hear(linksOf(G, { related: (hub) => hub.parent === "g" }), STAND_IN, [CLAIM]);
  expect(news).toEqual([]);
  expect(closed).toEqual(["not-in-group"]);
});

test("COORD-1: a hub that cannot be a stand-in here is sent away at its hello, and so is one of the older protocol", () => {
  hear(linksOf(G, {}), identity("x", "local", "r-unknown"), []);
  hear(linksOf(G, {}), STAND_IN, [], 1);
  expect(closed).toEqual(["not-in-group", "not-in-group"]);
});

test("LINK-12: who is wanted and has no group in common is not dialled again at once, whichever end says so", () => {
  const oldest = { versions: { oldest: 1, newest: 1 } };
  const goodbye: Message = { kind: "goodbye", reason: "not-in-group" };
  const ends = [
    [linksOf(G, oldest), []],
    [linksOf(G, { related: () => true }), [goodbye]],
  ] as const;
  for (const [links, said] of ends) {
    links.want([STAND_IN.hubId], -10_000);
    hear(links, STAND_IN, said);
    expect(closed.splice(0)).toEqual(["not-in-group"]);
    expect(links.nextDeadline()).toBeGreaterThanOrEqual(2_500);
  }
});

test("COORD-1: a stand-in says so behind its hello, before anything else, once it knows to whom", () => {
  const links = linksOf(STAND_IN, { related: () => true, standsIn: () => LEADERSHIP });
  hear(links, G, []);
  links.queue("g", { kind: "ping", seq: 1, coordinate: null, updates: [] }, 0);
  links.flush(out);
  const said = sent.flatMap(({ version, messages }) => messages.map(({ kind }) => `${kind} in ${version}`));
  expect(said).toEqual(["hello in 1", "stand-in in 2", "ping in 2"]);
});
