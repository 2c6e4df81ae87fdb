import type { DurationMs, HubId, Millis } from "../common/types.ts";
import type { MembershipConfig } from "../config/hub-config.ts";
import type { Link } from "./link.ts";

export interface MeasuredLink {
  readonly peer: HubId;
  readonly rttMs: DurationMs;
  /** 0…1 of probes unanswered. */
  readonly loss: number;
  /** 0…1 of what the flow-control window lets through in that round-trip time. */
  readonly utilisation: number;
}

export type LinkQuality = { readonly rttMs: DurationMs; readonly loss: number } | undefined;

/** Between two looks at the links. */
export function measureEvery({ probeIntervalMs }: Pick<MembershipConfig, "probeIntervalMs">): DurationMs {
  return Math.max(5_000, 2 * probeIntervalMs);
}

/** Turns byte counts between two looks into utilisation. */
export class LinkLoad {
  readonly #seen = new Map<HubId, { bytes: number; at: Millis }>();

  measure(
    links: readonly Pick<Link, "peer" | "bytesSent">[],
    windowBytes: number,
    quality: (peer: HubId) => LinkQuality,
    now: Millis,
  ): MeasuredLink[] {
    const measured: MeasuredLink[] = [];
    const present = new Set<HubId>();
    for (const link of links) {
      present.add(link.peer);
      const before = this.#seen.get(link.peer);
      const bytes = link.bytesSent;
      this.#seen.set(link.peer, { bytes, at: now });
      const known = quality(link.peer);
      if (!known || !before || before.at >= now) continue;
      // A renewed link counts from zero again.
      const sent = bytes < before.bytes ? bytes : bytes - before.bytes;
      const bytesPerMs = sent / (now - before.at);
      const windowPerMs = windowBytes / Math.max(1, known.rttMs);
      const utilisation = Math.min(1, bytesPerMs / windowPerMs);
      measured.push({ peer: link.peer, rttMs: known.rttMs, loss: known.loss, utilisation });
    }
    for (const peer of this.#seen.keys()) if (!present.has(peer)) this.#seen.delete(peer);
    return measured.sort((a, b) => (a.peer < b.peer ? -1 : 1));
  }
}
