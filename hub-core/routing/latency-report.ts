/** Round trips told from outside become records: checked against the catalog here, published by whoever owns a log. */
import type { CatalogView } from "../common/catalog-view.ts";
import { fibreRttMs } from "../common/great-circle.ts";
import { answered, type Reply, refused } from "../common/problem.ts";
import type { DurationMs, Millis } from "../common/types.ts";
import { ID_BYTES, type LatencyRecord, recordKeys } from "../wire/catalog.ts";
import { positionOf } from "./position-of.ts";
import type { LatencyObservation } from "./question.ts";

/** Observations of one report. */
export const MAX_OBSERVED = 1_000;
export const MAX_RTT_MS = 60_000;

export interface LatencyReport {
  readonly publications: readonly LatencyPublication[];
  /** Well said, but faster than light: they measure no way between the stated places. */
  readonly ignored: readonly { readonly path: string; readonly message: string }[];
}

export interface LatencyPublication {
  readonly key: string;
  readonly record: LatencyRecord;
}

/** 400 `invalid_observation` names every observation that makes no sense, by index, and then nothing is taken. */
export function latencyRecords(
  observations: readonly LatencyObservation[],
  view: CatalogView,
  now: Millis,
): Reply<LatencyReport> {
  if (observations.length === 0 || observations.length > MAX_OBSERVED) {
    return refused(400, "invalid_observation", `1 to ${MAX_OBSERVED} observations at once`, { max: MAX_OBSERVED });
  }
  const errors = observations.flatMap((one, i) =>
    faults(one, view).map((fault) => ({ path: `[${i}].${fault.field}`, message: fault.message })),
  );
  if (errors.length > 0) return refused(400, "invalid_observation", "nothing was recorded", { errors });
  const publications: LatencyPublication[] = [];
  const ignored: { path: string; message: string }[] = [];
  for (const [i, one] of observations.entries()) {
    const record: LatencyRecord = {
      kind: "latency",
      from: one.from,
      coordinates: one.coordinates ?? positionOf(one.from, view),
      to: one.to,
      rttMs: Math.round(one.rttMs * 10) / 10,
      observedAt: now,
    };
    const least = leastMs(record, view);
    if (record.rttMs >= least) publications.push({ key: recordKeys.latency(one.from, one.to), record });
    else {
      const needed = Math.ceil(least * 10) / 10;
      ignored.push({
        path: `[${i}].rtt_ms`,
        message: `light in fibre needs ${needed} between where the two say they are`,
      });
    }
  }
  return answered({ publications, ignored });
}

function faults(one: LatencyObservation, view: CatalogView): { field: string; message: string }[] {
  const found: { field: string; message: string }[] = [];
  if (one.from.length === 0 || new TextEncoder().encode(one.from).length > ID_BYTES) {
    found.push({ field: "from", message: `1 to ${ID_BYTES} bytes` });
  } else if (one.coordinates === null && !positionOf(one.from, view) && !isRegion(one.from, view)) {
    found.push({ field: "from", message: `no position, region, hub or cluster is known as ${one.from}` });
  }
  if (!positionOf(one.to, view)) found.push({ field: "to", message: `no hub or cluster is named ${one.to}` });
  if (one.to === one.from) found.push({ field: "to", message: "differs from `from`" });
  if (!(one.rttMs > 0 && one.rttMs <= MAX_RTT_MS)) {
    found.push({ field: "rtt_ms", message: `more than 0 and at most ${MAX_RTT_MS}` });
  }
  return found;
}

/** By physics; zero when one of the two has no position. */
function leastMs({ coordinates, to }: LatencyRecord, view: CatalogView): DurationMs {
  const target = positionOf(to, view);
  return coordinates && target ? fibreRttMs(coordinates, target) : 0;
}

function isRegion(id: string, view: CatalogView): boolean {
  for (const region of view.regions()) if (region === id) return true;
  return false;
}
