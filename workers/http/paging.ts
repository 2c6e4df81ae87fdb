/** Lists come page by page. */
import { z } from "@hono/zod-openapi";

export const limitSchema = z
  .string()
  .regex(/^\d{1,4}$/, "a whole number")
  .transform(Number)
  .pipe(z.int().min(1).max(1_000))
  .default(100)
  .openapi({ type: "integer" });

/** Opaque; the longest holds a key. */
export const cursorSchema = z
  .string()
  .min(1)
  .max(2_048)
  .optional()
  .openapi({ description: "next_cursor of the page before" });
