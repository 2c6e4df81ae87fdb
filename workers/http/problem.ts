/** Refusals as RFC 9457 says: `application/problem+json`. */
import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { Problem } from "../../hub-core/common/problem.ts";

export const PROBLEM_TYPE = "application/problem+json";

export const problemSchema = z
  .looseObject({
    type: z.string().openapi({ example: "urn:mpreg:problem:cluster_unknown" }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string().openapi({ description: "Stable machine word", example: "cluster_unknown" }),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .openapi("Problem");

export type ProblemBody = z.infer<typeof problemSchema>;

const TITLES: Readonly<Record<number, string>> = {
  400: "Bad request",
  401: "Unauthenticated",
  403: "Forbidden",
  404: "Not found",
  405: "Method not allowed",
  406: "Not acceptable",
  408: "Request timeout",
  409: "Conflict",
  410: "Gone",
  412: "Precondition failed",
  411: "Length required",
  413: "Content too large",
  414: "URI too long",
  415: "Unsupported media type",
  421: "Misdirected request",
  422: "Unprocessable content",
  426: "Upgrade required",
  428: "Precondition required",
  429: "Too many requests",
  431: "Header fields too large",
  500: "Internal error",
  502: "Bad gateway",
  503: "Service unavailable",
  504: "Gateway timeout",
  507: "Insufficient storage",
};

export function problemBody({ status, code, detail, extra }: Problem): ProblemBody {
  const title = TITLES[status] ?? (status >= 500 ? "Failed" : "Refused");
  return { ...extra, type: `urn:mpreg:problem:${code}`, title, status, detail, code };
}

/** Seconds after which asking again is likely to end otherwise. */
const RETRY_AFTER: Readonly<Record<string, string>> = { owner_unsettled: "1", no_quorum: "1" };

function secondsUntil(time: unknown): string | undefined {
  return typeof time === "string" ? String(Math.max(1, Math.ceil((Date.parse(time) - Date.now()) / 1_000))) : undefined;
}

/** Statuses of failure; the ones of success belong to the routes. */
type FailureStatus = Exclude<ContentfulStatusCode, 200 | 201 | 202>;

export function sendProblem(c: Context, problem: Problem, headers: Record<string, string> = {}) {
  const status = problem.status as FailureStatus;
  const again = RETRY_AFTER[problem.code] ?? secondsUntil(problem.extra?.frees_at);
  const retry = again === undefined ? {} : { "retry-after": again };
  return c.json(problemBody(problem), status, { "content-type": PROBLEM_TYPE, ...retry, ...headers });
}
