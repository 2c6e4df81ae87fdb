/** Deflate (RFC 1951) for frame bodies, behind the length that it unfolds to. Synchronous, and bounded in what it unfolds. */
import { deflateSync, inflateSync } from "fflate";
import { DecodeError } from "./codec.ts";

/** Below this a frame rides in one packet anyway, and the dictionary has nothing to work with. */
export const MIN_COMPRESSED_BYTES = 1_200;
/** Sent compressed only when this much smaller: less is not worth the other end's work. */
export const MIN_SAVING = 0.1;

/** Level 1 gets most of the saving on repeated ids and field values for a third of the time of level 6. */
const LEVEL = 1;
/** A little-endian uint32. */
const LENGTH_BYTES = 4;

/** The deflated body, or null when sending it as it is costs no more than the trouble. */
export function compress(body: Uint8Array): Uint8Array<ArrayBuffer> | null {
  if (body.length < MIN_COMPRESSED_BYTES) return null;
  const deflated = deflateSync(body, { level: LEVEL });
  if (deflated.length + LENGTH_BYTES > body.length * (1 - MIN_SAVING)) return null;
  const packed = new Uint8Array(LENGTH_BYTES + deflated.length);
  new DataView(packed.buffer).setUint32(0, body.length, true);
  packed.set(deflated, LENGTH_BYTES);
  return packed;
}

/** Unfolds what `compress` made; an error for anything else, and for more than `maxBytes`. */
export function decompress(packed: Uint8Array, maxBytes: number): Uint8Array<ArrayBuffer> | DecodeError {
  if (packed.length <= LENGTH_BYTES) return new DecodeError("a compressed body without content");
  const length = new DataView(packed.buffer, packed.byteOffset).getUint32(0, true);
  if (length > maxBytes) return new DecodeError(`unfolds past the limit of ${maxBytes} bytes`);
  // One byte of room more than announced, so that a body that goes on is noticed. The buffer never grows.
  const room = new Uint8Array(length + 1);
  try {
    const body = inflateSync(packed.subarray(LENGTH_BYTES), { out: room });
    if (body.length !== length) return new DecodeError(`unfolds to other than its ${length} bytes`);
    return room.subarray(0, length);
  } catch (error) {
    if (isFlateError(error)) return new DecodeError(`deflate: ${error.message}`);
    throw error;
  }
}

/** fflate's own errors are told from programming errors by their numeric code. */
function isFlateError(error: unknown): error is Error & { readonly code: number } {
  return error instanceof Error && "code" in error && typeof error.code === "number";
}
