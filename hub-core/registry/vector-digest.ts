/** 64 bits over a version vector, kept as it changes: the exclusive or of one hash per entry, so order does not matter. */
import { hash32 } from "../common/random.ts";
import type { HubId } from "../common/types.ts";

const SALT_HIGH = 0x5bd1e995;
const SALT_LOW = 0x27d4eb2f;

export class VectorDigest {
  #high = 0;
  #low = 0;

  get value(): readonly [number, number] {
    return [this.#high >>> 0, this.#low >>> 0];
  }

  /** Zero means absent, before as after. */
  moved(origin: HubId, before: number, after: number): void {
    this.#toggle(origin, before);
    this.#toggle(origin, after);
  }

  #toggle(origin: HubId, completeUpTo: number): void {
    if (completeUpTo === 0) return;
    const entry = `${origin}|${completeUpTo}`;
    this.#high ^= hash32(entry, SALT_HIGH);
    this.#low ^= hash32(entry, SALT_LOW);
  }
}
