/** What goes wrong outside the handlers: no such path, wrong method, unreadable body, a defect. */
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { sendProblem } from "./problem.ts";

/** A route as Hono keeps it: `/api/clusters/:id`. */
export interface KnownRoute {
  readonly method: string;
  readonly path: string;
}

/** 404, or 405 when the path is known under other methods. */
export function notFound(routes: () => readonly KnownRoute[]): (c: Context) => Response {
  return (c) => {
    const allowed = methodsAt(routes(), c.req.path);
    if (allowed.length === 0) {
      return sendProblem(c, { status: 404, code: "not_found", detail: `nothing is at ${c.req.path}` });
    }
    const detail = `${c.req.path} answers ${allowed.join(", ")}, not ${c.req.method}`;
    return sendProblem(c, { status: 405, code: "method_not_allowed", detail }, { allow: allowed.join(", ") });
  };
}

export function methodsAt(routes: readonly KnownRoute[], path: string): string[] {
  const methods = new Set<string>();
  for (const route of routes) {
    if (route.method === "ALL" || !matches(route.path, path)) continue;
    methods.add(route.method);
    if (route.method === "GET") methods.add("HEAD");
  }
  return [...methods].sort();
}

export function failed(error: Error, c: Context): Response {
  if (error instanceof HTTPException) return clientError(error, c);
  console.error(
    JSON.stringify({ level: "error", event: "edge_failed", path: c.req.path, error: error.stack ?? error.message }),
  );
  return sendProblem(c, {
    status: 500,
    code: "internal",
    detail: "a defect at this edge; the request id leads to its log",
  });
}

function clientError(error: HTTPException, c: Context): Response {
  switch (error.status) {
    case 400:
      return sendProblem(c, { status: 400, code: "invalid_json", detail: "the body is not JSON" });
    case 415:
      return sendProblem(c, { status: 415, code: "unsupported_media_type", detail: "send application/json" });
    default:
      return sendProblem(c, { status: error.status, code: "refused", detail: error.message });
  }
}

function matches(pattern: string, path: string): boolean {
  const expected = pattern.split("/");
  const actual = path.split("/");
  // The last parameter holds the rest of the path, as in `/api/state/:key{[^]+}`.
  if (expected.at(-1)?.endsWith("}"))
    actual.splice(expected.length - 1, Infinity, actual.slice(expected.length - 1).join("/"));
  if (expected.length !== actual.length) return false;
  return expected.every((part, index) => (part.startsWith(":") ? actual[index] !== "" : part === actual[index]));
}
