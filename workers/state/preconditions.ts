/** What a write depends on: the headers of RFC 9110 §13, and a fencing token. */
import { z } from "@hono/zod-openapi";
import type { Expectation, Fence } from "../../hub-core/consensus/requests.ts";
import { idempotencyHeader } from "../http/index.ts";
import { keySchema } from "./keys.ts";

const ifMatch = z
  .string()
  .refine(
    (tag) => !tag.startsWith("W/"),
    "a weak tag never matches a write (RFC 9110 §13.1.1): send the ETag as it came",
  )
  .refine((tag) => tag !== "*", '* is not served: read the key, and name the version that you saw, as in "3"')
  .refine(
    (tag) => tag.startsWith("W/") || tag === "*" || /^"[1-9]\d{0,14}"$/.test(tag),
    'one version in quotes, as the ETag of the key says it: "3"',
  )
  .optional()
  .openapi({ description: "Only where the key has this version, as its ETag says it", example: '"3"' });

const ifAbsent = z
  .string()
  .refine((tag) => tag === "*", "only * is served: write where the key is absent. For a version there is If-Match")
  .optional()
  .openapi({ description: "*: only where the key is absent" });

const never = z
  .string()
  .refine(() => false, "an absent key cannot be deleted: use If-Match")
  .optional()
  .openapi({ description: "Refused" });

export const putHeadersSchema = idempotencyHeader
  .extend({ "if-match": ifMatch, "if-none-match": ifAbsent })
  .refine((headers) => headers["if-match"] === undefined || headers["if-none-match"] === undefined, {
    path: ["if-none-match"],
    message: "and If-Match exclude each other: the key is absent, or has a version",
  });

export const deleteHeadersSchema = idempotencyHeader.extend({ "if-match": ifMatch, "if-none-match": never });

/** Undefined: whatever is there. */
export function expectationOf(headers: {
  readonly "if-match"?: string | undefined;
  readonly "if-none-match"?: string | undefined;
}): Expectation | undefined {
  const version = headers["if-match"];
  if (version !== undefined) return { version: Number(version.slice(1, -1)) };
  return headers["if-none-match"] === undefined ? undefined : { version: 0 };
}

/** `{key}@{token}`; the last @ counts, as keys may have some. */
export const fenceSchema = z
  .string()
  .transform((text, context): Fence => {
    const [, key = "", token = ""] = /^(.*)@(\d{1,15})$/s.exec(text) ?? [];
    const valid = keySchema.safeParse(key);
    if (valid.success && token !== "") return { key, token: Number(token) };
    context.addIssue("a key, an @ and the fencing token with which the key is held: locks/a@17");
    return z.NEVER;
  })
  .optional()
  .openapi({
    type: "string",
    description: "{key}@{fencing_token}: written only while that key is held with that token",
    example: "locks/a@17",
  });

export function etagOf(version: unknown): Record<string, string> {
  return typeof version === "number" ? { etag: `"${version}"` } : {};
}
