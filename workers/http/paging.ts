/** Lists come page by page. */
import { z } from "@hono/zod-openapi";

export const limitSchema = z
  .string()
  .regex(/^0*([1-9]\d{0,2}|1000)$/, "a whole number from 1 to 1000")
  .transform(Number)
  .default(100)
  .openapi({ type: "integer" });

/** Opaque; the longest holds a key. */
export const cursorSchema = z
  .string()
  .min(1)
  .max(2_048)
  .optional()
  .openapi({ description: "next_cursor of the page before" });
