/** What this hub keeps about an open link with a member. */
import type { DurationMs, Millis } from "../common/types.ts";
import type { Coordinate } from "../wire/membership-messages.ts";
import { LinkQuality } from "./link-quality.ts";
import { moved } from "./vivaldi.ts";

/** A coordinate is sent again when it moved by this and a part of its distance from the origin, or after a while. */
const MOVED_MS = 1;
const MOVED_SHARE = 0.05;
const ERROR_CHANGED = 0.25;
const SOONEST_MS: DurationMs = 2_000;
const RESENT_AFTER_MS: DurationMs = 120_000;

export class PeerLink {
  readonly quality = new LinkQuality();
  readonly instance: number;
  /** The last time each was sent, so that repairs cannot become a flood. */
  toldAt: Millis = Number.NEGATIVE_INFINITY;
  viewSentAt: Millis = Number.NEGATIVE_INFINITY;
  viewSentVersion = -1;
  #coordinateSent: Coordinate | null = null;
  #coordinateSentAt: Millis = Number.NEGATIVE_INFINITY;

  constructor(instance: number) {
    this.instance = instance;
  }

  /** Null when the peer's idea of our coordinate is good enough. */
  coordinateDue(own: Coordinate, now: Millis): Coordinate | null {
    const last = this.#coordinateSent;
    const elapsed = now - this.#coordinateSentAt;
    if (last && elapsed < SOONEST_MS) return null;
    if (last && elapsed < RESENT_AFTER_MS && !isNoteworthy(last, own)) return null;
    this.#coordinateSent = own;
    this.#coordinateSentAt = now;
    return own;
  }
}

function isNoteworthy(last: Coordinate, own: Coordinate): boolean {
  const reach = Math.hypot(...own.position) + own.height;
  return (
    moved(last, own) > MOVED_MS + MOVED_SHARE * reach ||
    Math.abs(last.error - own.error) > ERROR_CHANGED * last.error + 0.05
  );
}
