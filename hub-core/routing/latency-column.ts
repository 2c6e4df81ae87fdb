/**
 * What one client may expect of every candidate of a table: one prediction per place, and one per cluster that somebody measured
 * from where the client is. Loads do not touch it.
 */
import type { CandidateTable } from "./candidate-table.ts";
import { cellKey, cellOf } from "./great-circle.ts";
import {
  type ClientVantage,
  LATENCY_SOURCES,
  type LatencyModel,
  type LatencySource,
  type Site,
} from "./latency-model.ts";
import type { Position, Strategy } from "./question.ts";
import { STRATEGY_WEIGHTS, term } from "./score.ts";

export interface LatencyColumn {
  /** Where in the other arrays a candidate's latency stands; null: where its place does in the table. */
  readonly slotOf: Int32Array | null;
  /** Expected round trip, ms. */
  readonly expected: Float32Array;
  /** As the strategy counts it. */
  readonly terms: Float32Array;
  /** Index into LATENCY_SOURCES. */
  readonly source: Uint8Array;
}

const MEASURED = LATENCY_SOURCES.indexOf("measured");

/** Columns are the same for equal keys, as long as the table's shape and the model are. */
export function columnKey(position: Position, strategy: Strategy): string {
  return `${cellKey(cellOf(position))}/${STRATEGY_WEIGHTS[strategy].latency}/${position.place ?? ""}`;
}

/** `sites`: those of the table, as the model sees them. */
export function buildLatencyColumn(
  table: CandidateTable,
  sites: readonly Site[],
  model: LatencyModel,
  client: ClientVantage,
  strategy: Strategy,
): LatencyColumn {
  const told = [...(client.reports ?? [])].flatMap(([id, ms]) => {
    const row = table.rowOf.get(id);
    return row === undefined ? [] : [{ row, ms }];
  });
  const slots = sites.length + told.length;
  const weight = STRATEGY_WEIGHTS[strategy].latency;
  const slotOf = told.length === 0 ? null : table.siteOf.slice();
  const expected = new Float32Array(slots);
  const source = new Uint8Array(slots);
  sites.forEach((site, slot) => {
    const prediction = model.predict(client, site);
    expected[slot] = term(prediction.ms);
    source[slot] = LATENCY_SOURCES.indexOf(prediction.source);
  });
  told.forEach(({ row, ms }, i) => {
    const slot = sites.length + i;
    if (slotOf) slotOf[row] = slot;
    expected[slot] = term(ms);
    source[slot] = MEASURED;
  });
  return { slotOf, expected, terms: expected.map((ms) => term(ms * weight)), source };
}

export function slotAt(table: CandidateTable, column: LatencyColumn, row: number): number {
  return (column.slotOf ?? table.siteOf)[row] as number;
}

export function sourceAt(column: LatencyColumn, slot: number): LatencySource {
  return LATENCY_SOURCES[column.source[slot] as number] as LatencySource;
}
