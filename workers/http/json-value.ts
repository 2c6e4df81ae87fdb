/** JSON that users attach and MPREG does not interpret: bounded in size, and in depth, because what reads it recurses. */
import { z } from "@hono/zod-openapi";

/** Of arrays and objects in each other. */
export const MAX_DEPTH = 32;

const TOO_LARGE = "has a number beyond ±1.8e308, which would be kept as null";

/**
 * What is wrong with the value; null when nothing is. A body was JSON to begin with, so its parts are too: but of a number that is
 * too large to be one, `JSON.parse` makes Infinity, and `JSON.stringify` of that null.
 */
export function jsonFault(value: unknown, maxBytes: number): string | null {
  const fault = faultWithin(value, MAX_DEPTH);
  if (fault !== null) return fault;
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
function faultWithin(value: unknown, limit: number): string | null {
  let level = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (level.some((each) => typeof each === "number" && !Number.isFinite(each))) return TOO_LARGE;
    const containers = level.filter((each): each is object => typeof each === "object" && each !== null);
    if (containers.length > 0 && depth === limit) return `nested more than ${limit} deep`;
    level = containers.flatMap((each) => Object.values(each));
  }
  return null;
}
