/** Is a link measured differently enough to tell everyone? Round trips wobble, and busy machines add to them; only what could change a route is news. */
import type { DurationMs, HubId, Millis } from "../common/types.ts";
import type { LinksRecord } from "../wire/catalog.ts";
import { RoundTrip, RTT_SPACING_MS } from "./round-trip.ts";

export type MeasuredLink = LinksRecord["links"][number];

const MAX_LINKS = 64;
/** Between two records when links came or went, */
const SPACING_MS = 1_000;
/** when they only measure differently, */
const DRIFT_AFTER_MS = RTT_SPACING_MS;
/** and when nothing changed, so that a reader can tell a quiet link from a forgotten one. */
const REFRESH_AFTER_MS: DurationMs = 3_600_000;

/** The least that a link has measured of late: what a start, or a busy minute, adds is no longer way. */
export class LinkTrips {
  readonly #trips = new Map<HubId, RoundTrip>();

  /** From before a restart: a cold process measures its own haste. */
  know(links: readonly MeasuredLink[]): void {
    for (const { peer, rttMs } of links) this.#trips.set(peer, new RoundTrip(rttMs));
  }

  of(measured: readonly MeasuredLink[]): MeasuredLink[] {
    const present = new Set(measured.map(({ peer }) => peer));
    for (const peer of this.#trips.keys()) {
      if (this.#trips.size > MAX_LINKS && !present.has(peer)) this.#trips.delete(peer);
    }
    return measured.map((link) => {
      const trip = this.#trips.get(link.peer) ?? new RoundTrip(null);
      this.#trips.set(link.peer, trip);
      trip.sample(link.rttMs);
      return { ...link, rttMs: trip.leastMs };
    });
  }
}

export function isNews(told: LinksRecord | undefined, measured: readonly MeasuredLink[], now: Millis): boolean {
  if (!told) return true;
  const age = now - told.updatedAt;
  if (age < SPACING_MS) return false;
  if (age >= REFRESH_AFTER_MS) return measured.length > 0;
  const before = new Map(told.links.map((link) => [link.peer, link]));
  if (measured.length !== told.links.length || measured.some(({ peer }) => !before.has(peer))) return true;
  return measured.some((link) => {
    const old = before.get(link.peer);
    if (old === undefined) return false;
    return rttDiffers(old, link) && link.rttMs < old.rttMs ? true : age >= DRIFT_AFTER_MS && differs(old, link);
  });
}

/** A tenth and two milliseconds of round trip, 5 % of loss, 10 % of utilisation. */
function differs(a: MeasuredLink, b: MeasuredLink): boolean {
  return rttDiffers(a, b) || Math.abs(a.loss - b.loss) >= 0.05 || Math.abs(a.utilisation - b.utilisation) >= 0.1;
}

function rttDiffers(a: MeasuredLink, b: MeasuredLink): boolean {
  const rtt = Math.abs(a.rttMs - b.rttMs);
  return rtt >= 2 && rtt >= 0.1 * a.rttMs;
}

/** The nearest, when there are more links than a record holds; in peer order, so that equal measurements are equal bytes. */
export function linksRecord(measured: readonly MeasuredLink[], now: Millis): LinksRecord {
  const nearest = [...measured].sort((a, b) => a.rttMs - b.rttMs || (a.peer < b.peer ? -1 : 1)).slice(0, MAX_LINKS);
  return { kind: "links", links: nearest.sort((a, b) => (a.peer < b.peer ? -1 : 1)), updatedAt: now };
}
