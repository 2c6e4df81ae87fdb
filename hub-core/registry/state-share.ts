/** What records of eventual state may take of the store: counted apart, so that they never crowd out the catalog, nor it them. */
import { isStateKey, type Rumor, rumor as rumorCodec } from "../wire/catalog.ts";
import { NEWEST_VERSION } from "../wire/versions.ts";
import { MAX_STATE_BYTES, MAX_STATE_RECORDS } from "./limits.ts";

export class StateShare {
  #records = 0;
  #bytes = 0;

  get records(): number {
    return this.#records;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Whether `rumor` fits in place of `known`. What makes a record no larger always does, or nothing could be removed. */
  hasRoom(rumor: Rumor, known: Rumor | undefined): boolean {
    const grown = sizeOf(rumor) - (known ? sizeOf(known) : 0);
    if (known && grown <= 0) return true;
    return this.#bytes + grown <= MAX_STATE_BYTES && this.#records + (known ? 0 : 1) <= MAX_STATE_RECORDS;
  }

  put(rumor: Rumor): void {
    this.#count(rumor, 1);
  }

  dropped(rumor: Rumor): void {
    this.#count(rumor, -1);
  }

  #count(rumor: Rumor, by: 1 | -1): void {
    if (!isStateKey(rumor.key)) return;
    this.#records += by;
    this.#bytes += by * sizeOf(rumor);
  }
}

function sizeOf(rumor: Rumor): number {
  return rumorCodec.size(rumor, NEWEST_VERSION);
}
