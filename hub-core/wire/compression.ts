/** Deflate (RFC 1951) for frame bodies. Synchronous, and bounded in what it unfolds. */
import { deflateSync, Inflate } from "fflate";
import { DecodeError } from "./codec.ts";

/** Below this a frame rides in one packet anyway, and the dictionary has nothing to work with. */
export const MIN_COMPRESSED_BYTES = 512;
/** Sent compressed only when this much smaller: less is not worth the other end's work. */
export const MIN_SAVING = 0.1;

/** Level 1 gets most of the saving on repeated ids and field values for a third of the time of level 6. */
const LEVEL = 1;
/** Input is unfolded in pieces, so that an over-long body is given up at most one piece (deflate: 1,032-fold) past the limit. */
const PIECE_BYTES = 256;

/** The deflated body, or null when sending it as it is costs no more than the trouble. */
export function compress(body: Uint8Array): Uint8Array<ArrayBuffer> | null {
  if (body.length < MIN_COMPRESSED_BYTES) return null;
  const packed = deflateSync(body, { level: LEVEL });
  return packed.length <= body.length * (1 - MIN_SAVING) ? packed : null;
}

/** Unfolds what `compress` made; an error for anything else, and for more than `maxBytes`. */
export function decompress(packed: Uint8Array, maxBytes: number): Uint8Array<ArrayBuffer> | DecodeError {
  const pieces: Uint8Array[] = [];
  let length = 0;
  const inflate = new Inflate((piece) => {
    pieces.push(piece);
    length += piece.length;
  });
  try {
    for (let at = 0; at === 0 || at < packed.length; at += PIECE_BYTES) {
      const end = at + PIECE_BYTES;
      inflate.push(packed.subarray(at, end), end >= packed.length);
      if (length > maxBytes) return new DecodeError(`unfolds past the limit of ${maxBytes} bytes`);
    }
  } catch (error) {
    if (isFlateError(error)) return new DecodeError(`deflate: ${error.message}`);
    throw error;
  }
  return join(pieces, length);
}

function join(pieces: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** fflate's own errors are told from programming errors by their numeric code. */
function isFlateError(error: unknown): error is Error & { readonly code: number } {
  return error instanceof Error && "code" in error && typeof error.code === "number";
}
