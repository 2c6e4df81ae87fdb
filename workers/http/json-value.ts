/** JSON that users attach and MPREG does not interpret: bounded in size, and in depth, because what reads it recurses. */
import { z } from "@hono/zod-openapi";

export const MAX_DEPTH = 32;

/** What is wrong with the value; null when nothing is. A body was JSON to begin with, so its parts are too. */
export function jsonFault(value: unknown, maxBytes: number): string | null {
  if (depthExceeds(value, MAX_DEPTH)) return `nested more than ${MAX_DEPTH} deep`;
  const bytes = jsonBytes(value);
  return bytes > maxBytes ? `${bytes} bytes of JSON, at most ${maxBytes} fit` : null;
}

/** As `JSON.stringify` writes it, in UTF-8; of a value that is not nested too deep. */
export function jsonBytes(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value ?? null)).length;
}

export function boundedJson<S extends z.ZodType>(schema: S, maxBytes: number) {
  return schema.superRefine((value, context) => {
    const fault = jsonFault(value, maxBytes);
    if (fault !== null) context.addIssue({ code: "custom", message: fault });
  });
}

export const anyJson = z.unknown().openapi({ description: "Any JSON" });

/** Level by level, without recursion. */
function depthExceeds(value: unknown, limit: number): boolean {
  let level = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > limit) return true;
    level = level.flatMap((each) => (typeof each === "object" && each !== null ? Object.values(each) : []));
  }
  return false;
}
