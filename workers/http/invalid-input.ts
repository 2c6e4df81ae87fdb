/** Bad input, told in full: every path and what is wrong there. */
import type { Context } from "hono";
import type { ZodError } from "zod";
import type { Problem } from "../../hub-core/common/problem.ts";
import { sendProblem } from "./problem.ts";

/** Enough to work with; more is noise. */
const MAX_ERRORS = 20;

export function invalidInput(target: string, error: ZodError): Problem {
  return invalid(error.issues.map(({ path, message }) => ({ path: pathOf(target, path), message: told(message) })));
}

/** For what no schema can see: `path` as `body.key` or `header.if-match`. */
export function invalid(found: readonly { readonly path: string; readonly message: string }[]): Problem {
  const errors = found.slice(0, MAX_ERRORS);
  const first = errors[0];
  const detail = first ? `${first.path}: ${first.message}` : "the input is not valid";
  return { status: 400, code: "invalid_request", detail, extra: { errors } };
}

/** For every route: what the schemas refuse never reaches a handler. */
export function refuseInvalid(
  result: { target: string } & ({ success: true } | { success: false; error: ZodError }),
  c: Context,
): Response | undefined {
  return result.success ? undefined : sendProblem(c, invalidInput(result.target, result.error));
}

/** As zod words what is not there at all. */
function told(message: string): string {
  return message.endsWith("received undefined") ? "is missing" : message;
}

/** Body paths stand alone (`services[0].name`); others say where they are (`query.lat`). */
function pathOf(target: string, path: readonly PropertyKey[]): string {
  let text = target === "json" ? "" : target;
  for (const key of path) text += typeof key === "number" ? `[${key}]` : text === "" ? String(key) : `.${String(key)}`;
  return text === "" ? "body" : text;
}
