import { expect, test } from "vitest";
import { Metrics } from "../../hub-core/common/metrics.ts";
import { exposition } from "./exposition.ts";

const shared = { hub: "hub-a", region: "us-east" };
const of = (metrics: Metrics) => ({ counters: metrics.counters(), gauges: [], histograms: metrics.histograms() });

test("a counter has its help, its type and its labels", () => {
  const metrics = new Metrics();
  metrics.count("membership_failures_total", 2, { group: "global" });
  expect(exposition([{ shared, metrics: of(metrics) }])).toBe(
    `# HELP membership_failures_total Hubs declared failed by this hub's groups
# TYPE membership_failures_total counter
membership_failures_total{hub="hub-a",region="us-east",group="global"} 2
`,
  );
});

test("the series of one name stand together, whichever hubs they come from", () => {
  const [a, b] = [new Metrics(), new Metrics()];
  a.count("federation_frames_sent_total", 1);
  a.count("federation_bytes_sent_total", 10);
  b.count("federation_frames_sent_total", 2);
  const text = exposition([
    { shared: { hub: "a" }, metrics: of(a) },
    { shared: { hub: "b" }, metrics: of(b) },
  ]);
  const lines = text.split("\n").filter((line) => line.startsWith("federation_"));
  expect(lines).toEqual([
    'federation_bytes_sent_total{hub="a"} 10',
    'federation_frames_sent_total{hub="a"} 1',
    'federation_frames_sent_total{hub="b"} 2',
  ]);
  expect(text.match(/# TYPE federation_frames_sent_total/g)).toHaveLength(1);
});

test("label values cannot break out of their quotes", () => {
  const metrics = new Metrics();
  metrics.count("federation_frames_rejected_total", 1, { reason: 'a"b\\c\nd' });
  expect(exposition([{ shared: {}, metrics: of(metrics) }])).toContain('{reason="a\\"b\\\\c\\nd"} 1\n');
});

test("a histogram is cumulative to +Inf, with sum and count, under its name in seconds and its plain one", () => {
  const metrics = new Metrics();
  metrics.observe("gossip_message_latency", 0.004);
  metrics.observe("gossip_message_latency", 99);
  const text = exposition([{ shared: {}, metrics: of(metrics) }]);
  for (const name of ["gossip_message_latency", "gossip_message_latency_seconds"]) {
    expect(text).toContain(`# TYPE ${name} histogram\n`);
    expect(text).toContain(`${name}_bucket{le="0.0025"} 0\n`);
    expect(text).toContain(`${name}_bucket{le="0.005"} 1\n`);
    expect(text).toContain(`${name}_bucket{le="+Inf"} 2\n`);
    expect(text).toContain(`${name}_sum 99.004\n${name}_count 2\n`);
  }
});

test("a name that is a counter here and a gauge there is a defect, and says so", () => {
  const metrics = new Metrics();
  metrics.count("x_total");
  const gauges = [{ name: "x_total", labels: {}, value: 1 }];
  expect(() => exposition([{ shared, metrics: { ...of(metrics), gauges } }])).toThrow("x_total is both");
});
