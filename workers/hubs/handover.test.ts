import { expect, test } from "vitest";
import { PeerTokens } from "../../durable-objects/links/index.ts";
import { FROM_CLIENT, HANDOVER_HEADER, type Handover, Handovers } from "./handover.ts";

const KEY = "a key that only the edges of one federation know";
const NOW = Date.UTC(2026, 0, 1);
const SAID: Handover = { passed: ["us-east/global-hub"], redirects: 1, client: { latitude: -1.29, longitude: 36.82 } };
const ours = new Handovers("planet", KEY);

async function written(by = ours, to = "hub-paris"): Promise<Headers> {
  const headers = new Headers();
  await by.write(headers, to, SAID, NOW);
  return headers;
}

test("what an edge of the federation says is believed, for the hub it names and for a minute", async () => {
  const headers = await written();
  expect(await ours.read(headers, "hub-paris", NOW + 59_000)).toEqual(SAID);
  expect(await ours.read(headers, "hub-paris", NOW + 71_000)).toEqual(FROM_CLIENT);
  expect(await ours.read(headers, "hub-tokyo", NOW)).toEqual(FROM_CLIENT);
  expect(await ours.read(headers, null, NOW)).toEqual(FROM_CLIENT);
});

test("nobody else is believed: another key, another federation, a peer's token, any text", async () => {
  const others = [
    await written(new Handovers("planet", `${KEY}!`)),
    await written(new Handovers("elsewhere", KEY)),
    ...["", "garbage", "a.b.c", "x".repeat(100_000)].map((text) => new Headers({ [HANDOVER_HEADER]: text })),
  ];
  const peer = new PeerTokens({ federation: "planet", key: KEY, self: "hub-ohio", region: "us-east" });
  const { token } = await peer.issue("hub-paris", "jti-1", NOW);
  others.push(new Headers({ [HANDOVER_HEADER]: token }));
  for (const headers of others) expect(await ours.read(headers, "hub-paris", NOW)).toEqual(FROM_CLIENT);
});

test("an edge's word opens no link between hubs", async () => {
  const paris = new PeerTokens({ federation: "planet", key: KEY, self: "hub-paris", region: "eu-west" });
  expect(await paris.verify((await written()).get(HANDOVER_HEADER) ?? "", NOW)).toBeNull();
});

test("without a key nothing is said and nothing believed, and the client's own words go no further", async () => {
  const keyless = new Handovers("planet", undefined);
  const headers = new Headers({ [HANDOVER_HEADER]: "the client's own words" });
  await keyless.write(headers, "hub-paris", SAID, NOW);
  expect(headers.has(HANDOVER_HEADER)).toBe(false);
  expect(await keyless.read(await written(), "hub-paris", NOW)).toEqual(FROM_CLIENT);
});
