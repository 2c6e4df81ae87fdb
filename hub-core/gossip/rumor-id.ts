/** A sequence number is used once in the log of its origin, so (origin, seq) names an update. */
import type { HubId, Millis } from "../common/types.ts";
import { type Rumor, rumor as rumorCodec } from "../wire/catalog.ts";
import { NEWEST_VERSION } from "../wire/versions.ts";

export type RumorKey = string;

export interface RumorId {
  readonly origin: HubId;
  readonly seq: number;
}

export function keyOf({ origin, seq }: RumorId): RumorKey {
  return `${seq}@${origin}`;
}

export function encodedBytes(rumor: Rumor): number {
  return rumorCodec.size(rumor, NEWEST_VERSION);
}

export function expired(rumor: Rumor, now: Millis): boolean {
  return rumor.expiresAt !== null && rumor.expiresAt <= now;
}
