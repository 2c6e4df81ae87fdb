import { expect, test } from "vitest";
import { VirtualGroup } from "./testing/virtual-group.ts";

function pair(): VirtualGroup {
  const group = new VirtualGroup({ size: 2, weather: { delay: () => 40 } });
  group.link(0, 1);
  group.run(500);
  return group;
}

test("the statistics of a group have every field that the API names", () => {
  const group = pair();
  group.hub(0).publish("news");
  group.run(3_000);
  const stats = group.hub(1).gossip.stats();
  expect(stats).toMatchObject({ strategy: "hybrid", fanout: 3, interval_ms: 1_000, queue_depth: 0, duplicates: 0 });
  expect(stats).toMatchObject({ rumors_received: 1, bytes_sent: 0, bytes_received: 0, compressed_ratio: 1 });
  expect(stats.messages_received).toBeGreaterThan(1);
  expect(stats.messages_sent).toBeGreaterThan(0);
  expect(stats.rounds).toBeGreaterThanOrEqual(0);
  expect(Date.parse(stats.last_anti_entropy_at ?? "")).toBeGreaterThan(0);
  expect(stats.peers).toEqual([
    { hub_id: "hub-00", region: "region-0", rtt_ms: 80, link: "eager", queued: 0, in_flight_bytes: 0 },
  ]);
});

test("bytes are those of the frames, and their ratio is that of compression", () => {
  const { gossip, metrics } = pair().hub(0);
  gossip.countBytes(300, 700, 1_200);
  gossip.countBytes(100, 0, 400);
  expect(gossip.stats()).toMatchObject({ bytes_sent: 400, bytes_received: 700, compressed_ratio: 0.25 });
  expect(metrics.value("gossip_bytes_sent_total", { group: "group" })).toBe(400);
});

test("the latency of a rumor that tells when it was made is observed in seconds", () => {
  const group = pair();
  group.hub(0).publish("news");
  group.run(500);
  const [histogram] = group.hub(1).metrics.histograms();
  expect(histogram).toMatchObject({ name: "gossip_message_latency", count: 1 });
  expect(histogram?.sum).toBeCloseTo(0.04, 6);
});
