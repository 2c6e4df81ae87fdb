import { expect, test } from "vitest";
import { Random } from "../common/random.ts";
import { GOSSIP_STRATEGIES, type GossipStrategy } from "../config/hub-config.ts";
import { type Candidate, selectPeers } from "./peer-selection.ts";

const own = { region: "r0" };
/** Twelve peers in four regions, `hub-0` the nearest. */
const candidates: Candidate[] = Array.from({ length: 12 }, (_, i) => ({
  hubId: `hub-${i}`,
  region: `r${i % 4}`,
  rttMs: 1 + i * 10,
}));

function tally(strategy: GossipStrategy, rounds: number): Map<string, number> {
  const random = new Random(4);
  const counts = new Map<string, number>();
  for (let i = 0; i < rounds; i++) {
    const picked = selectPeers(strategy, candidates, 3, own, random);
    expect(new Set(picked).size).toBe(3);
    for (const { hubId } of picked) counts.set(hubId, (counts.get(hubId) ?? 0) + 1);
  }
  return counts;
}

test("GOSSIP-17: every strategy picks distinct peers and leaves none without a chance", () => {
  for (const strategy of GOSSIP_STRATEGIES) expect(tally(strategy, 600).size).toBe(candidates.length);
});

test("GOSSIP-17: proximity prefers the lowest round trip", () => {
  const counts = tally("proximity", 600);
  expect(counts.get("hub-0")).toBeGreaterThan(4 * (counts.get("hub-11") ?? 0));
});

test("GOSSIP-17: topology_aware speaks to as many regions as it has picks", () => {
  const random = new Random(8);
  for (let i = 0; i < 100; i++) {
    const regions = selectPeers("topology_aware", candidates, 3, own, random).map(({ region }) => region);
    expect(new Set(regions).size).toBe(3);
  }
});

test("GOSSIP-17: hybrid reaches a foreign region in every round and prefers the near", () => {
  const random = new Random(8);
  for (let i = 0; i < 100; i++) {
    const regions = selectPeers("hybrid", candidates, 3, own, random).map(({ region }) => region);
    expect(regions.some((region) => region !== "r0")).toBe(true);
  }
  const counts = tally("hybrid", 600);
  expect(counts.get("hub-0")).toBeGreaterThan(2 * (counts.get("hub-11") ?? 0));
});

test("GOSSIP-17: with no more peers than fanout, all are picked", () => {
  const few = candidates.slice(0, 2);
  for (const strategy of GOSSIP_STRATEGIES) expect(selectPeers(strategy, few, 3, own, new Random(1))).toEqual(few);
});
