/** Is a link measured differently enough to tell everyone? Round trips wobble; only what could change a route is news. */
import type { DurationMs, Millis } from "../common/types.ts";
import type { LinksRecord } from "../wire/catalog.ts";

export type MeasuredLink = LinksRecord["links"][number];

export const MAX_LINKS = 64;
/** Between two records, whatever is measured. */
const SPACING_MS = 1_000;
/** Small drifts are told when the last word is this old, */
const DRIFT_AFTER_MS = 60_000;
/** and unchanged links when it is this old, so that a reader can tell a quiet link from a forgotten one. */
const REFRESH_AFTER_MS: DurationMs = 600_000;

export function isNews(told: LinksRecord | undefined, measured: readonly MeasuredLink[], now: Millis): boolean {
  if (!told) return true;
  const age = now - told.updatedAt;
  if (age < SPACING_MS) return false;
  if (age >= REFRESH_AFTER_MS) return measured.length > 0;
  const drifted = age >= DRIFT_AFTER_MS;
  const before = new Map(told.links.map((link) => [link.peer, link]));
  if (measured.length !== told.links.length) return true;
  return measured.some((link) => {
    const old = before.get(link.peer);
    return !old || differs(old, link, drifted ? 0.5 : 1);
  });
}

/** At `strictness` 1: a tenth and a millisecond of round trip, 5 % of loss, 10 % of utilisation. */
function differs(a: MeasuredLink, b: MeasuredLink, strictness: number): boolean {
  const rtt = Math.abs(a.rttMs - b.rttMs);
  return (
    (rtt >= 1 * strictness && rtt >= 0.1 * strictness * a.rttMs) ||
    Math.abs(a.loss - b.loss) >= 0.05 * strictness ||
    Math.abs(a.utilisation - b.utilisation) >= 0.1 * strictness
  );
}

/** The nearest, when there are more links than a record holds; in peer order, so that equal measurements are equal bytes. */
export function linksRecord(measured: readonly MeasuredLink[], now: Millis): LinksRecord {
  const nearest = [...measured].sort((a, b) => a.rttMs - b.rttMs || (a.peer < b.peer ? -1 : 1)).slice(0, MAX_LINKS);
  return { kind: "links", links: nearest.sort((a, b) => (a.peer < b.peer ? -1 : 1)), updatedAt: now };
}
