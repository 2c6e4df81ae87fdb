import { z } from "@hono/zod-openapi";
import { TIERS } from "../../hub-core/common/types.ts";
import { idSchema } from "../http/index.ts";

const check = z.object({
  status: z.enum(["healthy", "degraded", "unhealthy", "disabled"]),
  details: z.unknown(),
});

export const healthSchema = z
  .looseObject({
    status: z.enum(["healthy", "degraded", "unhealthy"]),
    node_id: idSchema,
    region: idSchema,
    hub_tier: z.enum(TIERS),
    version: z.string(),
    uptime_ms: z.number(),
    draining: z.boolean(),
    checks: z.looseObject({ gossip_protocol: check, membership_protocol: check, consensus_manager: check }),
  })
  .openapi("Health");

const coordination = z.looseObject({
  coordinator: z.string().nullable(),
  acting: z.boolean().openapi({ description: "It stands in for the parent that the configuration names" }),
  term: z.int().nullable(),
  since_at: z.iso.datetime().nullable(),
  parent: z.string().nullable(),
});

const usage = z.object({ used: z.number(), max: z.number() });

export const statusSchema = healthSchema
  .extend({
    config: z.record(z.string(), z.unknown()),
    parent: z.string().nullable(),
    children: z.array(z.string()),
    members: z.record(z.string(), z.unknown()),
    coordination: z.record(z.string(), coordination).openapi({ description: "Who acts for each group of the hub" }),
    consensus: z.record(z.string(), z.unknown()),
    catalog: z.looseObject({ hubs: z.int(), clusters: z.int(), services: z.int(), version: z.int() }),
    links: z.unknown(),
    limits: z.record(z.string(), usage),
    cost: z.unknown(),
  })
  .openapi("Status");
