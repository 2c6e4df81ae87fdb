import { z } from "@hono/zod-openapi";
import { scopeSchema } from "../state/index.ts";

const DAY_MS = 86_400_000;

export const grantSchema = z
  .strictObject({
    ttl_ms: z
      .int()
      .min(1_000)
      .max(DAY_MS)
      .openapi({ description: "Without a renewal for this long it ends, and its keys go" }),
    scope: scopeSchema,
  })
  .openapi("LeaseGrant");

export const leaseQuerySchema = z.object({ scope: scopeSchema });

export const leaseSchema = z
  .looseObject({
    lease_id: z.string(),
    ttl_ms: z.number(),
    expires_at: z.iso.datetime(),
    group: z.string(),
  })
  .openapi("Lease");
