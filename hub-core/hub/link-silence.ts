/** Links that swallow what is sent on them: half-open sockets, and roads that are cut without a word. */
import type { DurationMs, Millis } from "../common/types.ts";
import type { Message } from "../wire/messages.ts";
import type { Link } from "./link.ts";

/** Who gets one of these says something at once, be it no. */
const ANSWERED_AT_ONCE: ReadonlySet<Message["kind"]> = new Set([
  "ping",
  "raft-append",
  "raft-snapshot",
  "raft-vote",
  "raft-forward",
  "raft-read",
]);
/** What busy machines add to two round trips. */
const MARGIN_MS: DurationMs = 250;
/** Of a link that no probe has measured yet: to the other side of the planet. */
const UNKNOWN_RTT_MS: DurationMs = 300;

/** How long a question may be open on a link over which nothing is heard. */
export function silenceAfter(rttMs: DurationMs | undefined): DurationMs {
  return 2 * (rttMs ?? UNKNOWN_RTT_MS) + MARGIN_MS;
}

/** What leaves on the link, and when. */
export function asked(link: Link, { kind }: Message, now: Millis): void {
  if (ANSWERED_AT_ONCE.has(kind)) link.askedAt ??= now;
}

export function isSilent(link: Link | undefined, rttMs: DurationMs | undefined, now: Millis): boolean {
  return typeof link?.askedAt === "number" && now - link.askedAt > silenceAfter(rttMs);
}
