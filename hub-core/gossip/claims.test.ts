import { expect, test } from "vitest";
import type { Rumor } from "../wire/catalog.ts";
import { type Traffic, VirtualGroup } from "./testing/virtual-group.ts";

const rumorOf = (seq: number): Rumor => ({
  origin: "far-away",
  seq,
  key: `test/${seq}`,
  priority: "normal",
  expiresAt: null,
  body: { kind: "test", messageId: String(seq), payload: null, startedAt: 0 },
});

/** Hub 0 takes all of `seqs` from its other group in one step, then passes them on here in the order `published`. */
function relayed(
  seqs: readonly number[],
  published: readonly number[],
): { group: VirtualGroup; gaps: Map<number, number> } {
  const gaps = new Map<number, number>();
  const onTraffic = ({ message }: Traffic): void => {
    if (message.kind !== "gossip-push") return;
    for (const { rumor, gap } of message.rumors) gaps.set(rumor.seq, gap);
  };
  const group = new VirtualGroup({ size: 2, onTraffic });
  group.link(0, 1);
  group.run(500);
  const relay = group.hub(0);
  for (const batch of [
    { seqs: [1], published: [1] },
    { seqs, published },
  ]) {
    for (const seq of batch.seqs) relay.store.write(rumorOf(seq));
    for (const seq of batch.published) relay.gossip.publish(rumorOf(seq), 1, null, group.now, relay);
    group.settle(relay);
    group.run(200);
  }
  return { group, gaps };
}

test("GOSSIP-24: of a batch taken in one step nothing is claimed past a rumor that is still to be published", () => {
  const { group, gaps } = relayed([2, 5, 9], [9, 2, 5]);
  expect(gaps.get(9)).toBe(0);
  for (const seq of [2, 5, 9]) expect(group.hub(1).store.get("far-away", seq)).toBeDefined();
});

test("GOSSIP-24: of a batch published in order each claims to follow the one before", () => {
  const { group, gaps } = relayed([2, 5, 9], [2, 5, 9]);
  expect([2, 5, 9].map((seq) => gaps.get(seq))).toEqual([1, 3, 4]);
  expect(group.hub(1).store.vector().get("far-away")).toBe(group.hub(0).store.vector().get("far-away"));
});
