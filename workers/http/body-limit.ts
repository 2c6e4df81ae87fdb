/**
 * Bodies are bounded. What is too large is still read, up to a point, and thrown away: a client that is writing hears no
 * answer before it has written, and a connection that is closed under its hands is a reset to it and not a 413.
 */
import type { Context, MiddlewareHandler } from "hono";
import { sendProblem } from "./problem.ts";

export interface BodyLimits {
  readonly maxBytes: number;
  /** Read past the limit before the client is cut off all the same. */
  readonly discardBytes: number;
  readonly discardMs: number;
}

export function bodyLimit(limits: BodyLimits): MiddlewareHandler {
  return async (c, next) => {
    const { body, headers } = c.req.raw;
    if (!body) return next();
    const length = headers.get("content-length");
    if (length !== null && !headers.has("transfer-encoding")) {
      if (Number(length) <= limits.maxBytes) return next();
      await discard(body.getReader(), limits);
      return tooLarge(c, limits);
    }
    const reader = body.getReader();
    const whole = await readUpTo(reader, limits.maxBytes);
    if (!whole) {
      await discard(reader, limits);
      return tooLarge(c, limits);
    }
    c.req.raw = new Request(c.req.raw, { body: whole });
    return next();
  };
}

function tooLarge(c: Context, { maxBytes }: BodyLimits): Response {
  const detail = `a body may have ${maxBytes} bytes`;
  return sendProblem(c, { status: 413, code: "body_too_large", detail, extra: { limit: maxBytes } });
}

/** Null when there is more. */
async function readUpTo(reader: ReadableStreamDefaultReader<Uint8Array>, maxBytes: number): Promise<Blob | null> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (let size = 0; ; ) {
    const { done, value } = await reader.read();
    if (done) return new Blob(parts);
    size += value.byteLength;
    if (size > maxBytes) return null;
    parts.push(new Uint8Array(value));
  }
}

/** A client that breaks off, or is slow, has had its chance. */
async function discard(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  { discardBytes, discardMs }: BodyLimits,
): Promise<void> {
  let clock: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => {
    clock = setTimeout(resolve, discardMs);
  });
  await Promise.race([readAway(reader, discardBytes), late]);
  clearTimeout(clock);
}

async function readAway(reader: ReadableStreamDefaultReader<Uint8Array>, bytes: number): Promise<void> {
  try {
    for (let left = bytes; left > 0; ) {
      const { done, value } = await reader.read();
      if (done) return;
      left -= value.byteLength;
    }
    await reader.cancel();
  } catch (error) {
    console.warn(JSON.stringify({ level: "warn", event: "upload_broken_off", error: String(error) }));
  }
}
