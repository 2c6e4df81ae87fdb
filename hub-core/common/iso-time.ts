import type { Millis } from "./types.ts";

/** The latest time that ISO 8601 can write here; a peer's clock may claim a later one. */
const LATEST_MS = 8_640_000_000_000_000;

export function isoTime(at: Millis): string {
  return new Date(Math.min(at, LATEST_MS)).toISOString();
}
