import { expect, test } from "vitest";
import { consensusMessages, relayMessages } from "./consensus-messages.ts";
import { gossipMessages, receiptMessages } from "./gossip-messages.ts";
import { linkMessages, partMessages, standInMessages } from "./link-messages.ts";
import { membershipMessages } from "./membership-messages.ts";
import { type Message, messageSince } from "./messages.ts";
import { registryMessages } from "./registry-messages.ts";

const since = (kind: string): number => messageSince(kind as Message["kind"]);

test("WIRE-12: what version 1 could say is as it was: its speakers refuse a frame with anything else", () => {
  const first = { ...linkMessages, ...membershipMessages, ...gossipMessages, ...receiptMessages, ...registryMessages };
  const tags = Object.entries(first).map(([kind, { tag }]) => [tag, kind]);
  expect(Object.fromEntries(tags)).toEqual({
    ...{ 1: "hello", 2: "goodbye" },
    ...{ 10: "ping", 11: "ack", 12: "ping-request", 13: "relayed", 14: "news", 15: "view-digest", 16: "view" },
    ...{ 17: "join-refused", 30: "gossip-push", 31: "gossip-have", 32: "gossip-graft", 33: "gossip-prune" },
    ...{ 34: "gossip-ack", 35: "gossip-sent", 36: "gossip-digest", 37: "gossip-vector", 38: "gossip-vector-next" },
    ...{ 39: "gossip-advance", 40: "gossip-want", 41: "gossip-range", 45: "test-receipts", 46: "test-receipts-ack" },
    ...{ 50: "assign", 51: "assigned" },
  });
  for (const kind of Object.keys(first)) expect([kind, since(kind)]).toEqual([kind, 1]);
});

test("WIRE-12: parts, stand-ins, consensus and what is handed on came with version 2", () => {
  for (const kind of Object.keys({ ...partMessages, ...standInMessages, ...consensusMessages, ...relayMessages })) {
    expect([kind, since(kind)]).toEqual([kind, 2]);
  }
});
