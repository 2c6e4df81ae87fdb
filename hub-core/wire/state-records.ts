/**
 * What one hub has to say of an eventual key: a delta state (`hub-core/state/types`). Actors stand in a table, and all else
 * names them by their place in it.
 */
import { type Codec, type Decoded, DecodeError, list, oneOf, struct, text, uint } from "./codec.ts";

/** Hub records since version 2: an older hub is told that the key is free, and keeps its count of the log. */
export const STATE_SINCE = 2;
/** Of one record, encoded: with its header it fits the least message that a hub may be configured for. */
export const MAX_CONTRIBUTION_BYTES = 24_576;
const ACTOR_BYTES = 144;
const MAX_ACTORS = 1_024;
const MAX_PARTS = 8_192;
export const MAX_FIELD_BYTES = 256;
/** Of a key as users name it. */
export const MAX_KEY_BYTES = 256;
/** Dead keys that one hub tells of at a time. */
export const MAX_GRAVES_TOLD = 1_024;

const SLOTS = ["lww", "mv", "set", "field", "field-set"] as const;
const field = text(MAX_FIELD_BYTES);

const unchecked = struct({
  actors: list(text(ACTOR_BYTES), MAX_ACTORS),
  /** For each actor all its dots up to this stamp; 0: none. */
  vector: list(uint, MAX_ACTORS),
  cloud: list(struct({ actor: uint, stamp: uint }), MAX_PARTS),
  entries: list(
    struct({ actor: uint, stamp: uint, slot: oneOf(SLOTS), field, value: text(MAX_CONTRIBUTION_BYTES) }),
    MAX_PARTS,
  ),
  tallies: list(struct({ actor: uint, field, added: uint, taken: uint, addedGone: uint, takenGone: uint }), MAX_PARTS),
});
export type Contribution = Decoded<typeof unchecked>;

export const contribution: Codec<Contribution> = {
  write: unchecked.write,
  read: (r) => {
    const value = unchecked.read(r);
    const { actors, vector, cloud, entries, tallies } = value;
    if (vector.length !== actors.length) throw new DecodeError("a vector that is not as long as its actors");
    for (const { actor } of [...cloud, ...entries, ...tallies])
      if (actor >= actors.length) throw new DecodeError("an actor that is not in the table");
    for (const entry of entries) if (!isJson(entry.value)) throw new DecodeError("a value that is not JSON");
    return value;
  },
};

function isJson(source: string): boolean {
  try {
    JSON.parse(source);
    return true;
  } catch {
    return false;
  }
}
