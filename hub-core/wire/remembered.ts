/**
 * A codec that keeps the bytes of what it read or wrote last: a record is passed on as it came, and one that comes again is
 * not decoded again. The value is shared by all who read it, so nobody may change it. Bounded by its slots.
 */
import { hashBytes, Writer } from "./bytes.ts";
import type { Codec, Reader } from "./codec.ts";
import { NEWEST_VERSION } from "./versions.ts";

interface Memory<T> {
  readonly version: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly value: T;
}

/** Where a value's bytes are kept unless another has taken the slot, and how many there are. */
interface Place {
  readonly slot: number;
  readonly version: number;
  readonly length: number;
}

export interface RememberedCodec<T> extends Codec<T> {
  /** How many bytes `value` takes in that version. */
  size(value: T, version: number): number;
}

/**
 * `slots`: how many values are kept; where two fall on one slot the newer stays. `telling`: how many bytes, by the first of
 * them, tell one value from another in most cases. The whole is compared in any case.
 */
export function remembered<T extends object>(
  codec: Codec<T>,
  slots: number,
  telling: (first: number) => number,
): RememberedCodec<T> {
  const kept: (Memory<T> | undefined)[] = new Array(slots).fill(undefined);
  const places = new WeakMap<T, Place>();
  const keep = (slot: number, version: number, bytes: Uint8Array<ArrayBuffer>, value: T): Place => {
    const place = { slot, version, length: bytes.length };
    kept[slot] = { version, bytes, value };
    places.set(value, place);
    return place;
  };
  const writeAnew = (w: Writer, value: T): Place => {
    const start = w.length;
    codec.write(w, value);
    return { slot: -1, version: w.version, length: w.length - start };
  };
  const write = (w: Writer, value: T): Place => {
    // An older version carries less than the value: whoever reads its bytes must not get the whole.
    if (w.version !== NEWEST_VERSION) return writeAnew(w, value);
    const place = places.get(value);
    const memory = place && kept[place.slot];
    if (place && memory?.value === value && memory.version === w.version) {
      w.raw(memory.bytes);
      return place;
    }
    const start = w.length;
    codec.write(w, value);
    const bytes = w.finish(start);
    return keep(hashBytes(bytes, 0, telling(bytes[0] ?? 0)) % slots, w.version, bytes, value);
  };
  const size = (value: T, version: number): number => {
    const place = places.get(value);
    if (place?.version === version) return place.length;
    const writer = Writer.borrow(version);
    const { length } = write(writer, value);
    writer.giveBack();
    return length;
  };
  const read = (r: Reader): T => {
    const slot = r.hashAhead(telling(r.next)) % slots;
    const known = kept[slot];
    if (known?.version === r.version && r.skip(known.bytes)) return known.value;
    const start = r.position;
    const value = codec.read(r);
    keep(slot, r.version, r.since(start), value);
    return value;
  };
  return { write, read, size };
}
