import { expect, test } from "vitest";
import { LEAST_MESSAGE_BYTES } from "../config/hub-config.ts";
import type { Rumor } from "../wire/catalog.ts";
import { digestsEqual } from "./testing/census.ts";
import { type Traffic, VirtualGroup } from "./testing/virtual-group.ts";

const ORIGINS = 500;
const FRAME_HEADER_BYTES = 3;

/** Of as many origins, with ids as long as they may be. */
const rumors = Array.from(
  { length: ORIGINS },
  (_, i): Rumor => ({
    origin: `${i}`.padStart(128, "h"),
    seq: 17_600_000_000,
    key: "hub",
    priority: "normal",
    expiresAt: null,
    body: { kind: "withdrawn", incarnation: 0 },
  }),
);

function largest(traffic: readonly Traffic[]): Record<string, number> {
  const most: Record<string, number> = {};
  for (const { message, bytes } of traffic) {
    most[message.kind] = Math.max(most[message.kind] ?? 0, bytes + FRAME_HEADER_BYTES);
  }
  return most;
}

test("GOSSIP-15, GOSSIP-20: pages of the longest ids fit the least message size that may be configured", () => {
  const traffic: Traffic[] = [];
  for (const holder of [0, 1]) {
    const group = new VirtualGroup({ size: 2, onTraffic: (each) => traffic.push(each) });
    const { store } = group.hub(holder);
    for (const rumor of rumors) {
      store.apply(rumor);
      store.completeUpTo(rumor.origin, rumor.seq);
    }
    group.link(0, 1);
    group.run(30_000);
    expect(digestsEqual(group)).toBe(true);
  }
  const most = largest(traffic);
  expect(Object.keys(most)).toEqual(expect.arrayContaining(["gossip-vector", "gossip-want"]));
  expect(Math.max(...Object.values(most))).toBeLessThanOrEqual(LEAST_MESSAGE_BYTES);
});

test("GOSSIP-15: so do announcements, grafts, prunes and what a repair tells", () => {
  const traffic: Traffic[] = [];
  const group = new VirtualGroup({
    size: 4,
    onTraffic: (each) => traffic.push(each),
    weather: { lost: (_, to) => to === "hub-03" },
  });
  for (const other of [1, 2, 3]) group.link(0, other);
  const hub = group.hub(0);
  const told = { ack: { upTo: 0, mask: 0 }, rumors: rumors.map((rumor) => ({ rumor, hops: 1, gap: 0 })) };
  for (const [index, from] of ["hub-01", "hub-02", "hub-01"].entries()) {
    hub.gossip.receive(from, { kind: "gossip-push", number: index + 1, ...told }, group.now, hub);
    group.settle(hub);
  }
  group.run(5_000);
  group.cut(0, 1);
  group.run(5_000);
  const most = largest(traffic);
  const kinds = ["gossip-have", "gossip-graft", "gossip-prune", "gossip-advance"];
  expect(Object.keys(most)).toEqual(expect.arrayContaining(kinds));
  expect(Math.max(...Object.values(most))).toBeLessThanOrEqual(LEAST_MESSAGE_BYTES);
});

test("GOSSIP-15: receipts with the longest ids fit the least message size that may be configured", () => {
  const traffic: Traffic[] = [];
  const group = new VirtualGroup({ size: 3, onTraffic: (each) => traffic.push(each) });
  group.link(0, 1);
  group.link(1, 2);
  const middle = group.hub(1);
  const receipts = rumors.slice(0, 256).map(({ origin }) => ({
    messageId: "m".repeat(64),
    origin: "o".repeat(128),
    hubId: origin,
    afterMs: 1,
    hops: 2,
    handOvers: 1,
  }));
  middle.tests.receive("hub-02", { kind: "test-receipts", number: 7, receipts }, group.now, middle);
  group.settle(middle);
  group.run(1_000);
  expect(largest(traffic)["test-receipts"]).toBeGreaterThan(LEAST_MESSAGE_BYTES / 2);
  expect(largest(traffic)["test-receipts"]).toBeLessThanOrEqual(LEAST_MESSAGE_BYTES);
});
