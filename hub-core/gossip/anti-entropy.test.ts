import { expect, test } from "vitest";
import type { Rumor } from "../wire/catalog.ts";
import { VirtualGroup } from "./testing/virtual-group.ts";

const ack = { upTo: 0, mask: 0 };

function told(seqs: readonly number[]): { rumor: Rumor; hops: number }[] {
  return seqs.map((seq) => ({
    rumor: {
      origin: "far",
      seq,
      key: `key/${seq}`,
      priority: "normal",
      expiresAt: null,
      body: { kind: "withdrawn", incarnation: 0 },
    },
    hops: 1,
  }));
}

function completeTo(after: number, upTo: number, seqs: readonly number[]): number {
  const group = new VirtualGroup({ size: 2 });
  group.link(0, 1);
  group.run(100);
  const hub = group.hub(0);
  hub.gossip.receive(
    "hub-01",
    { kind: "gossip-range", number: 1, ack, origin: "far", after, upTo, rumors: told(seqs) },
    group.now,
    hub,
  );
  expect(seqs.every((seq) => hub.store.covers("far", seq, `key/${seq}`))).toBe(true);
  return hub.store.vector().get("far") ?? 0;
}

test("GOSSIP-22: a range from where this hub is makes it complete, over holes in the numbers", () => {
  expect(completeTo(0, 9, [2, 7])).toBe(9);
});

test("GOSSIP-22: a range whose forerunner was lost brings its rumors and completes nothing", () => {
  expect(completeTo(5, 9, [7])).toBe(0);
});

test("GOSSIP-22: what a peer sends beyond its own completeness is applied and not vouched for", () => {
  expect(completeTo(0, 2, [2, 7])).toBe(2);
});
