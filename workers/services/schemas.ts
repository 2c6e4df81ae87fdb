import { z } from "@hono/zod-openapi";

export const serviceSchema = z
  .looseObject({
    name: z.string(),
    clusters: z.int(),
    healthy: z.int(),
    regions: z.array(z.unknown()),
    capacity: z.number().nullable(),
    load: z.number().nullable(),
  })
  .openapi("Service");

export const servicesSchema = z.looseObject({ services: z.array(serviceSchema) }).openapi("Services");
