/** Every answer carries `x-request-id`: the caller's own, when it is a sane one, else a fresh one. */
import type { MiddlewareHandler } from "hono";

export const REQUEST_ID_HEADER = "x-request-id";

export function requestIdOf(headers: Headers): string {
  const given = headers.get(REQUEST_ID_HEADER);
  return given !== null && /^[A-Za-z0-9._:-]{1,64}$/.test(given) ? given : crypto.randomUUID();
}

export const requestId: MiddlewareHandler = async (c, next) => {
  const id = requestIdOf(c.req.raw.headers);
  await next();
  // A WebSocket upgrade's headers are the hub's, and immutable.
  if (!c.res.webSocket) c.header(REQUEST_ID_HEADER, id);
};
