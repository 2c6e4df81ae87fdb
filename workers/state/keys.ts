/** Keys as paths and bodies carry them, and the scopes that they live in. */
import { z } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import type { GroupId } from "../../hub-core/common/types.ts";
import { GLOBAL_GROUP, KEY_BYTES } from "../../hub-core/wire/log.ts";
import type { EdgeEnv } from "../edge-env.ts";
import { invalid, sendProblem } from "../http/index.ts";

/** `GET /api/state/conflicts` is a report. */
const RESERVED = "conflicts";

const bytesOf = (text: string): number => new TextEncoder().encode(text).length;

const wellFormed = z
  .string()
  .refine((text) => text.isWellFormed(), "not Unicode text")
  .refine((text) => !/\p{Cc}/u.test(text), "no control characters")
  .refine((text) => bytesOf(text) <= KEY_BYTES, `at most ${KEY_BYTES} bytes of UTF-8`);

export const keySchema = wellFormed
  .refine((key) => key !== "", "must not be empty")
  .refine((key) => key !== "." && key !== "..", "no path can hold it: take another key")
  .refine((key) => key !== RESERVED, `${RESERVED} is the name of a report: take another key, ${RESERVED}/… is free`)
  .openapi({ description: `At most ${KEY_BYTES} bytes of UTF-8; may contain /, encoded or not` });

export const prefixSchema = wellFormed
  .default("")
  .openapi({ description: "Of the keys; all of them when it is empty" });

/** As the group that holds the keys. */
export const scopeSchema = z
  .string()
  .regex(/^(global|region:[A-Za-z0-9][A-Za-z0-9._:@-]{0,127})$/, "global, or region: and the id of a region")
  .refine((scope) => scope !== `region:${GLOBAL_GROUP}`, "no region has this name")
  .transform((scope): GroupId => (scope === "global" ? GLOBAL_GROUP : scope.slice("region:".length)))
  .optional()
  .openapi({ type: "string", description: "global (the default), or region:{id}: which hubs agree on it" });

/** Hono leaves a broken escape as it is, and then the key would be another one. */
export const decodable: MiddlewareHandler<EdgeEnv> = async (c, next) => {
  try {
    decodeURIComponent(new URL(c.req.url).pathname);
  } catch {
    return sendProblem(c, invalid([{ path: "param.key", message: "a broken percent escape" }]));
  }
  return next();
};
