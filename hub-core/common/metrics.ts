/** Counters and histograms of one hub. The shell only renders them: what is counted is decided where it happens. */

export type Labels = Readonly<Record<string, string>>;

export interface CounterSample {
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
}

export interface HistogramSample {
  readonly name: string;
  readonly labels: Labels;
  /** Upper bounds, in the metric's unit; counts are cumulative, the last is +Inf. */
  readonly bounds: readonly number[];
  readonly cumulative: readonly number[];
  readonly sum: number;
  readonly count: number;
}

/** Seconds: one frame on loopback to a slow consensus round. */
export const LATENCY_BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

/** Label values come from closed sets or configured ids; past this many series of one hub, new ones are folded away. */
const MAX_SERIES = 2_000;

const NO_LABELS: Labels = {};

interface Counter {
  readonly name: string;
  readonly labels: Labels;
  value: number;
}

interface Histogram {
  readonly name: string;
  readonly labels: Labels;
  readonly buckets: number[];
  sum: number;
  count: number;
}

export class Metrics {
  readonly #counters = new Map<string, Counter>();
  readonly #histograms = new Map<string, Histogram>();
  #folded = 0;

  count(name: string, by = 1, labels: Labels = NO_LABELS): void {
    const counter = this.#counter(name, labels);
    if (counter) counter.value += by;
  }

  /** Counts one series, for those who do so at every step: its key is put together once. It is there from its first count on. */
  counter(name: string, labels: Labels = NO_LABELS): (by?: number) => void {
    let counter: Counter | undefined;
    return (by = 1) => {
      counter ??= this.#counter(name, labels);
      if (counter) counter.value += by;
    };
  }

  /** `seconds` goes into the first bucket that holds it. */
  observe(name: string, seconds: number, labels: Labels = {}): void {
    const histogram = this.#histogram(name, labels);
    if (!histogram) return;
    const bucket = LATENCY_BOUNDS.findIndex((bound) => seconds <= bound);
    const index = bucket < 0 ? LATENCY_BOUNDS.length : bucket;
    histogram.buckets[index] = (histogram.buckets[index] ?? 0) + 1;
    histogram.sum += seconds;
    histogram.count += 1;
  }

  /** The histogram is there before its first observation: nothing yet is not the same as nothing measured. */
  declare(name: string, labels: Labels = {}): void {
    this.#histogram(name, labels);
  }

  value(name: string, labels: Labels = {}): number {
    return this.#counters.get(seriesKey(name, labels))?.value ?? 0;
  }

  counters(): CounterSample[] {
    const samples = [...this.#counters.values()].map((counter) => ({ ...counter }));
    if (this.#folded > 0)
      samples.push({ name: "federation_metric_series_folded_total", labels: {}, value: this.#folded });
    return samples;
  }

  histograms(): HistogramSample[] {
    return [...this.#histograms.values()].map(({ name, labels, buckets, sum, count }) => {
      let total = 0;
      const cumulative = buckets.map((n) => (total += n));
      return { name, labels, bounds: LATENCY_BOUNDS, cumulative, sum, count };
    });
  }

  #counter(name: string, labels: Labels): Counter | undefined {
    const key = seriesKey(name, labels);
    const known = this.#counters.get(key);
    if (known || !this.#hasRoom()) return known;
    const fresh = { name, labels, value: 0 };
    this.#counters.set(key, fresh);
    return fresh;
  }

  #histogram(name: string, labels: Labels): Histogram | undefined {
    const key = seriesKey(name, labels);
    const known = this.#histograms.get(key);
    if (known || !this.#hasRoom()) return known;
    const fresh = { name, labels, buckets: new Array(LATENCY_BOUNDS.length + 1).fill(0), sum: 0, count: 0 };
    this.#histograms.set(key, fresh);
    return fresh;
  }

  #hasRoom(): boolean {
    if (this.#counters.size + this.#histograms.size < MAX_SERIES) return true;
    this.#folded += 1;
    return false;
  }
}

function seriesKey(name: string, labels: Labels): string {
  let key = name;
  for (const label in labels) key += `|${label}=${labels[label]}`;
  return key;
}
