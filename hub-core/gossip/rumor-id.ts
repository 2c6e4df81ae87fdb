/** A sequence number is used once in the log of its origin, so (origin, seq) names an update. */
import type { HubId, Millis } from "../common/types.ts";
import { type Rumor, rumor as rumorCodec } from "../wire/catalog.ts";
import { encode } from "../wire/codec.ts";
import { NEWEST_VERSION } from "../wire/versions.ts";

export type RumorKey = string;

export interface RumorId {
  readonly origin: HubId;
  readonly seq: number;
}

export function keyOf({ origin, seq }: RumorId): RumorKey {
  return `${seq}@${origin}`;
}

/** Measured once per rumor object: it is queued to several peers, and none may change it. */
const sizes = new WeakMap<Rumor, number>();

export function encodedBytes(rumor: Rumor): number {
  const known = sizes.get(rumor);
  if (known !== undefined) return known;
  const bytes = encode(rumorCodec, rumor, NEWEST_VERSION).length;
  sizes.set(rumor, bytes);
  return bytes;
}

export function expired(rumor: Rumor, now: Millis): boolean {
  return rumor.expiresAt !== null && rumor.expiresAt <= now;
}
