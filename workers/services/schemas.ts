import { z } from "@hono/zod-openapi";
import { idSchema } from "../http/index.ts";

const serviceShape = z.looseObject({
  name: z.string(),
  clusters: z.int(),
  healthy: z.int(),
  regions: z.array(z.string()),
  capacity: z.number().nullable().openapi({ description: "Requests in flight; null when a cluster states no limit" }),
  load: z.number(),
});

export const servicesQuerySchema = z.object({
  limit: z
    .string()
    .regex(/^\d{1,4}$/, "a whole number")
    .transform(Number)
    .pipe(z.int().min(1).max(1_000))
    .optional()
    .openapi({ type: "integer" }),
  cursor: idSchema.optional().openapi({ description: "next_cursor of the page before" }),
});

export const servicesSchema = z
  .looseObject({ services: z.array(serviceShape), next_cursor: z.string().nullable() })
  .openapi("Services");

export const serviceSchema = serviceShape
  .extend({ by_region: z.array(z.unknown()), offered_by: z.array(z.unknown()) })
  .openapi("Service");
