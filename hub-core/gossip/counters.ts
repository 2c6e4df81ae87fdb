/** What one group's gossip counts: kept as plain numbers for the API, and as labelled counters for Prometheus. */
import type { Metrics } from "../common/metrics.ts";
import type { GroupId } from "../common/types.ts";

const NAMES = [
  "rounds",
  "messages_sent",
  "messages_received",
  "rumors_sent",
  "rumors_received",
  "duplicates",
  "rejected",
  "grafts",
  "prunes",
  "repairs",
  "anti_entropy_rumors",
  "hop_limited",
  "dropped",
  "oversized",
  "unlinked",
  "bytes_sent",
  "bytes_received",
  "bytes_uncompressed",
] as const;

export type CounterName = (typeof NAMES)[number];

export class GossipCounters {
  readonly #metrics: Metrics;
  readonly #labels: { readonly group: GroupId };
  readonly #values = Object.fromEntries(NAMES.map((name) => [name, 0])) as Record<CounterName, number>;

  readonly #counters: Readonly<Record<CounterName, (by: number) => void>>;

  constructor(group: GroupId, metrics: Metrics) {
    this.#metrics = metrics;
    this.#labels = { group };
    const counters = NAMES.map((name) => [name, metrics.counter(`gossip_${name}_total`, this.#labels)]);
    this.#counters = Object.fromEntries(counters);
  }

  add(name: CounterName, by = 1): void {
    if (by === 0) return;
    this.#values[name] += by;
    this.#counters[name](by);
  }

  value(name: CounterName): number {
    return this.#values[name];
  }

  /** Seconds from the making of an update to its arrival here, by both ends' clocks. */
  latency(ms: number): void {
    this.#metrics.observe("gossip_message_latency", Math.max(0, ms) / 1_000, this.#labels);
  }
}
