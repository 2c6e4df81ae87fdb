/** A peer may say anything that decodes. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Rumor } from "../wire/catalog.ts";
import type { GossipMessage } from "./messages.ts";
import { VirtualGroup } from "./testing/virtual-group.ts";

const number = fc.oneof(fc.nat(40), fc.constantFrom(0, 1, 2 ** 32, Number.MAX_SAFE_INTEGER));
const origin = fc.constantFrom("hub-00", "hub-01", "elsewhere", "");
const ack = fc.record({ upTo: number, mask: fc.constantFrom(0, 1, 0xffffffff) });
const rumor: fc.Arbitrary<Rumor> = fc.record({
  origin,
  seq: number,
  key: fc.constantFrom("a", "b"),
  priority: fc.constantFrom("urgent", "normal", "bulk"),
  expiresAt: fc.constantFrom(null, 0, Number.MAX_SAFE_INTEGER),
  body: fc.constant({ kind: "withdrawn" as const, incarnation: 0 }),
});
const entries = fc.array(fc.record({ origin, upTo: number }), { maxLength: 4 });
const bound = fc.option(origin, { nil: null });

const message: fc.Arbitrary<GossipMessage> = fc.oneof(
  fc.record({
    kind: fc.constant("gossip-push" as const),
    number,
    ack,
    rumors: fc.array(fc.record({ rumor, hops: number, gap: number }), { maxLength: 4 }),
  }),
  fc.record({
    kind: fc.constant("gossip-have" as const),
    number,
    ack,
    origins: fc.array(fc.record({ origin, seqs: fc.array(number, { maxLength: 4 }) }), { maxLength: 3 }),
  }),
  fc.record({
    kind: fc.constant("gossip-graft" as const),
    ids: fc.array(fc.record({ origin, seq: number }), { maxLength: 4 }),
  }),
  fc.record({ kind: fc.constant("gossip-prune" as const), origins: fc.array(origin, { maxLength: 4 }) }),
  fc.record({ kind: fc.constant("gossip-ack" as const), ack }),
  fc.record({ kind: fc.constant("gossip-sent" as const), number }),
  fc.record({ kind: fc.constant("gossip-digest" as const), first: number, second: number }),
  fc.record({ kind: fc.constant("gossip-vector" as const), after: bound, through: bound, entries }),
  fc.record({ kind: fc.constant("gossip-vector-next" as const), after: origin }),
  fc.record({ kind: fc.constant("gossip-advance" as const), entries }),
  fc.record({ kind: fc.constant("gossip-want" as const), entries }),
  fc.record({
    kind: fc.constant("gossip-range" as const),
    number,
    ack,
    origin,
    after: number,
    upTo: number,
    rumors: fc.array(fc.record({ rumor, hops: number }), { maxLength: 4 }),
  }),
);

test("GOSSIP-12: whatever a linked peer says, nothing is thrown, nothing loops and every queue keeps its limit", () => {
  fc.assert(
    fc.property(fc.array(message, { maxLength: 40 }), (said) => {
      let sent = 0;
      const group = new VirtualGroup({ size: 3, maxQueued: 64, onTraffic: () => (sent += 1) });
      group.link(0, 1);
      group.link(0, 2);
      const victim = group.hub(0);
      for (const each of said) {
        victim.gossip.receive("hub-01", each, group.now, victim);
        group.settle(victim);
        group.run(3);
        const { queue_depth, queue_limit, missing_rumors, recent_rumors, peers } = victim.gossip.stats();
        expect(queue_depth).toBeLessThanOrEqual(queue_limit * peers.length);
        expect(missing_rumors).toBeLessThanOrEqual(16);
        expect(recent_rumors).toBeLessThanOrEqual(16);
      }
      group.run(20_000);
      expect(sent).toBeLessThan(2_000);
    }),
    { numRuns: 150 },
  );
});

test("a message from a hub whose link is not open is counted and left to repair", () => {
  const group = new VirtualGroup({ size: 2 });
  const { gossip, metrics } = group.hub(0);
  gossip.receive("hub-01", { kind: "gossip-prune", origins: [] }, group.now, group.hub(0));
  expect(metrics.value("gossip_unlinked_total", { group: "group" })).toBe(1);
  expect(gossip.stats().messages_received).toBe(0);
});
