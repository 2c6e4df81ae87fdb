/** Two protocol versions in one federation, as during every update of it; and a neighbour from the future. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { encode } from "../../hub-core/wire/codec.ts";
import { type Message, message } from "../../hub-core/wire/messages.ts";
import { partsOf } from "../../hub-core/wire/parts.ts";
import { NEWEST_VERSION, OLDEST_VERSION } from "../../hub-core/wire/versions.ts";
import { everyoneAlive, registration, sendTestMessage } from "./answers.ts";
import { PeerSocket } from "./peer-socket.ts";
import { call, eventually, type Planet, type Region } from "./region.ts";
import { ALL_HUBS, startTwoRegions } from "./two-regions.ts";

const HELD_BACK: Readonly<Record<string, number>> = { "us-east": OLDEST_VERSION, "eu-west": NEWEST_VERSION };

let planet: Planet;
let us: Region;
let eu: Region;

beforeAll(async () => {
  const variables = (region: string) => ({ MPREG_PROTOCOL_VERSION: String(HELD_BACK[region]) });
  ({ planet, us, eu } = await startTwoRegions({ variables }));
}, 60_000);

afterAll(() => planet?.stop());

const newcomer = {
  hubId: "regional-future",
  tier: "regional",
  region: "future",
  coordinates: { latitude: 0, longitude: 0 },
  parent: "global-hub",
  address: "http://127.0.0.1:1",
} as const;

test("regions of two protocol versions join, and each link speaks the newest that both its ends know", async () => {
  for (const region of planet.regions) await everyoneAlive(region, ALL_HUBS.length);
  const versionsAt = async (region: Region, hub: string) => {
    const { body } = await call(region, `/hubs/${hub}/api/status`, { role: "viewer" });
    const { links } = body as { links: { peer: string; protocol_version: number }[] };
    return Object.fromEntries(links.map(({ peer, protocol_version }) => [peer, protocol_version]));
  };
  expect(await versionsAt(eu, "regional-eu")).toMatchObject({
    "global-hub": OLDEST_VERSION,
    "local-lon": NEWEST_VERSION,
  });
});

test("what is registered in either is routed to from both, and a test message of either reaches all", async () => {
  for (const [region, cluster, service] of [
    [us, "old-1", "billing"],
    [eu, "new-1", "search"],
  ] as const) {
    const body = registration(cluster, region.id, service);
    expect((await call(region, "/api/clusters", { method: "POST", role: "operator", body })).status).toBe(201);
    for (const from of planet.regions) {
      await eventually(`a route to ${cluster} from ${from.id}`, async () => {
        const { body: decision } = await call(from, `/api/route?service=${service}`);
        return (decision as { chosen?: { cluster_id: string } }).chosen?.cluster_id === cluster ? true : undefined;
      });
    }
    expect((await sendTestMessage(region)).delivered.map(({ hub_id }) => hub_id).sort()).toEqual(ALL_HUBS);
  }
});

test("LINK-17: no hub of the older version was sent a frame that it could not read", async () => {
  for (const hub of ALL_HUBS) {
    const { body } = await call(us, `/hubs/${hub}/metrics`, { role: "viewer" });
    expect(String(body)).toContain("federation_frames_received_total");
    expect(String(body)).not.toContain("undecodable");
  }
});

test("a hub from the future is settled to the version that we know", async () => {
  const peer = await PeerSocket.open(eu, "regional-eu", {
    ...newcomer,
    hubId: "local-future",
    region: "eu-west",
    tier: "local",
    parent: "regional-eu",
  });
  peer.greet({ oldestVersion: NEWEST_VERSION, newestVersion: NEWEST_VERSION + 7 });
  expect(await peer.heard("hello")).toMatchObject({ newestVersion: NEWEST_VERSION });
  peer.say({ kind: "ping", seq: 77, coordinate: null, updates: [] }, NEWEST_VERSION);
  expect(await peer.heard("ack")).toMatchObject({ seq: 77 });
  expect(Math.max(...peer.versions())).toBe(NEWEST_VERSION);
  peer.say({ kind: "goodbye", reason: "leaving" }, NEWEST_VERSION);
  expect(await peer.closed).toBe(1000);
});

test("a hub too far in the future is told goodbye, and counted", async () => {
  const peer = await PeerSocket.open(us, "global-hub", newcomer);
  peer.greet({ oldestVersion: NEWEST_VERSION + 1, newestVersion: NEWEST_VERSION + 7 });
  expect(await peer.heard("goodbye")).toMatchObject({ reason: "protocol" });
  expect(await peer.closed).toBe(1000);
  const { body } = await call(us, "/hubs/global-hub/metrics", { role: "viewer" });
  expect(String(body)).toMatch(/federation_peers_refused_total\{[^}]*reason="version"[^}]*\} 1/);
});

test("a frame of a version that we do not know is dropped and counted, and the link goes on", async () => {
  const peer = await PeerSocket.open(us, "global-hub", newcomer);
  peer.greet({ oldestVersion: OLDEST_VERSION, newestVersion: NEWEST_VERSION });
  await peer.heard("hello");
  peer.sendBytes(Uint8Array.of(0x4d, NEWEST_VERSION + 1, 0));
  peer.say({ kind: "ping", seq: 5, coordinate: null, updates: [] }, OLDEST_VERSION);
  expect(await peer.heard("ack")).toMatchObject({ seq: 5 });
  const { body } = await call(us, "/hubs/global-hub/metrics", { role: "viewer" });
  expect(String(body)).toMatch(/federation_frames_rejected_total\{[^}]*reason="undecodable"[^}]*\} 1/);
  peer.close();
});

test("WIRE-11: a message in parts is read as if it had come whole; parts that make none are counted, and the link goes on", async () => {
  const peer = await PeerSocket.open(eu, "regional-eu", {
    ...newcomer,
    hubId: "local-parts",
    region: "eu-west",
    tier: "local",
    parent: "regional-eu",
  });
  peer.greet({ oldestVersion: OLDEST_VERSION, newestVersion: NEWEST_VERSION });
  await peer.heard("hello");
  const ping = (seq: number): Message => ({ kind: "ping", seq, coordinate: null, updates: [] });
  const inParts = (seq: number): Message[] => partsOf(encode(message, ping(seq), NEWEST_VERSION), seq, 35);
  const [first, ...rest] = inParts(901);
  expect(rest.length).toBeGreaterThan(0);
  for (const part of [...rest, first as Message, ...inParts(902)]) peer.say(part, NEWEST_VERSION);
  expect(await peer.heard("ack")).toMatchObject({ seq: 902 });
  const { body } = await call(eu, "/hubs/regional-eu/metrics", { role: "viewer" });
  expect(String(body)).toMatch(/federation_message_parts_dropped_total\{[^}]*reason="order"[^}]*\} [1-9]/);
  peer.close();
});
