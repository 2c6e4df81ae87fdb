/** What this hub would cost on the platform if the next 30 days were like the time since it started. */
import type { DurationMs } from "../common/types.ts";

/** USD, list prices as of 2026-11. An object held in memory is billed for 128 MB whatever it uses. */
const PRICES = {
  pinnedPerMonth: 4.15,
  rowsWrittenPerMillion: 1.0,
  requestsPerMillion: 0.15,
  /** Incoming WebSocket messages count as a twentieth of a request. */
  messagesPerRequest: 20,
} as const;

const MONTH_MS = 30 * 24 * 3_600_000;
/** Before this much uptime a rate says more about starting than about running. */
const SETTLED_MS = 60_000;

export interface CostLine {
  readonly item: string;
  readonly per_month: number;
  readonly usd: number;
}

export interface CostEstimate {
  readonly currency: "USD";
  readonly monthly: number;
  /** How long the rates were observed. */
  readonly observed_ms: DurationMs;
  readonly settled: boolean;
  readonly lines: readonly CostLine[];
}

export function estimateCost(
  observedMs: DurationMs,
  counts: { rowsWritten: number; frames: number; requests: number },
): CostEstimate {
  const perMonth = (count: number): number => Math.round((count * MONTH_MS) / Math.max(1, observedMs));
  const rows = perMonth(counts.rowsWritten);
  const requests = perMonth(counts.requests + counts.frames / PRICES.messagesPerRequest);
  const lines: CostLine[] = [
    { item: "object held in memory", per_month: 1, usd: PRICES.pinnedPerMonth },
    { item: "rows written", per_month: rows, usd: cents((rows / 1e6) * PRICES.rowsWrittenPerMillion) },
    { item: "requests and messages", per_month: requests, usd: cents((requests / 1e6) * PRICES.requestsPerMillion) },
  ];
  return {
    currency: "USD",
    monthly: cents(lines.reduce((sum, line) => sum + line.usd, 0)),
    observed_ms: observedMs,
    settled: observedMs >= SETTLED_MS,
    lines,
  };
}

function cents(usd: number): number {
  return Math.round(usd * 100) / 100;
}
