/** What is no UTF-8 would be read with other characters in its place, and kept so. */
import type { MiddlewareHandler } from "hono";
import { sendProblem } from "./problem.ts";

export const utf8: MiddlewareHandler = async (c, next) => {
  const isJson = c.req.header("content-type")?.toLowerCase().includes("json") === true;
  if (!isJson || !c.req.raw.body || isUtf8(await c.req.arrayBuffer())) return next();
  return sendProblem(c, {
    status: 400,
    code: "invalid_json",
    detail: "the body is not UTF-8, as JSON must be (RFC 8259 §8.1)",
  });
};

function isUtf8(bytes: ArrayBuffer): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
    return true;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}
