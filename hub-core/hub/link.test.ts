import { expect, test } from "vitest";
import type { HubIdentity } from "../common/types.ts";
import { PartAssembly } from "../wire/parts.ts";
import { type Link, survivor } from "./link.ts";

const hub: HubIdentity = {
  hubId: "b",
  tier: "local",
  region: "r",
  coordinates: { latitude: 0, longitude: 0 },
  parent: "p",
  address: "",
};

function link(id: number, dialler: "us" | "them", instance: number): Link {
  return {
    id,
    peer: "b",
    dialler,
    openedAt: id,
    candidate: null,
    greeting: { hub, incarnation: 1, instance, standsIn: null, version: 1 },
    retiring: null,
    queue: [],
    parts: new PartAssembly(() => {}),
    messagesParted: 0,
    hellos: 1,
    lastHeardAt: 0,
    askedAt: null,
    garbage: 0,
    bytesSent: 0,
    bytesReceived: 0,
  };
}

test("LINK-4: of two links dialled by different ends, the lower id's dial survives, whichever came first", () => {
  const ours = link(1, "us", 7);
  const theirs = link(2, "them", 7);
  expect(survivor("a", ours, theirs)).toBe(ours);
  expect(survivor("a", theirs, ours)).toBe(ours);
  expect(survivor("c", ours, theirs)).toBe(theirs);
  expect(survivor("c", theirs, ours)).toBe(theirs);
});

test("LINK-4: of two links by the same end the newer survives, which is a renewed lease", () => {
  expect(survivor("a", link(1, "us", 7), link(2, "us", 7)).id).toBe(2);
  expect(survivor("a", link(1, "them", 7), link(2, "them", 7)).id).toBe(2);
});

test("LINK-4: another instance of the peer makes the older link a dead one", () => {
  expect(survivor("a", link(1, "us", 7), link(2, "them", 8)).id).toBe(2);
});
