/** What one client may expect of every candidate of a table: computed once per cell and view, read by every decision. */
import type { CandidateTable } from "./candidate-table.ts";
import { cellKey, cellOf } from "./great-circle.ts";
import { LATENCY_SOURCES, type LatencyModel, type LatencySource, type Prediction, type Site } from "./latency-model.ts";
import type { Position, Strategy } from "./question.ts";
import { STRATEGY_WEIGHTS, term } from "./score.ts";

export interface LatencyColumn {
  /** Expected round trip, ms. */
  readonly expected: Float32Array;
  /** As the strategy counts it. */
  readonly terms: Float32Array;
  /** Index into LATENCY_SOURCES. */
  readonly source: Uint8Array;
}

/** Columns are the same for equal keys, as long as table and model are. */
export function columnKey(position: Position, strategy: Strategy): string {
  return JSON.stringify([cellKey(cellOf(position)), position.place ?? null, STRATEGY_WEIGHTS[strategy].latency]);
}

export function buildLatencyColumn(
  table: CandidateTable,
  sites: readonly Site[],
  model: LatencyModel,
  position: Position,
  strategy: Strategy,
): LatencyColumn {
  const client = model.client(position);
  const bySite = sites.map((site) => model.predict(client, site));
  const expected = new Float32Array(table.size);
  const terms = new Float32Array(table.size);
  const source = new Uint8Array(table.size);
  const weight = STRATEGY_WEIGHTS[strategy].latency;
  for (let i = 0; i < table.size; i++) {
    const told = client.reports === null ? null : model.measured(client, clusterIdAt(table, i));
    const predicted = bySite[table.siteOf[i] as number] as Prediction;
    const ms = term(told ?? predicted.ms);
    expected[i] = ms;
    terms[i] = term(ms * weight);
    source[i] = LATENCY_SOURCES.indexOf(told === null ? predicted.source : "measured");
  }
  return { expected, terms, source };
}

export function sourceAt(column: LatencyColumn, candidate: number): LatencySource {
  return LATENCY_SOURCES[column.source[candidate] as number] as LatencySource;
}

function clusterIdAt(table: CandidateTable, candidate: number): string {
  return table.candidates[candidate]?.cluster.record.clusterId ?? "";
}
