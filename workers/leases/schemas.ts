import { z } from "@hono/zod-openapi";
import { MAX_LEASE_MS, MIN_LEASE_MS } from "../../hub-core/state/strong/limits.ts";
import { scopeSchema } from "../state/index.ts";

export const grantSchema = z
  .strictObject({
    ttl_ms: z
      .int()
      .min(MIN_LEASE_MS)
      .max(MAX_LEASE_MS)
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
