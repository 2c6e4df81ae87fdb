import { z } from "@hono/zod-openapi";
import { TIERS } from "../../hub-core/common/types.ts";
import {
  CLUSTER_STATES,
  MAX_ENDPOINTS,
  MAX_SERVICES,
  MEMBER_STATES,
  METADATA_BYTES,
} from "../../hub-core/wire/catalog.ts";
import { anyJson, boundedJson, coordinatesSchema, httpUrlSchema, idSchema } from "../http/index.ts";

const WEIGHT_MAX = 1_000_000;
const CAPACITY_MAX = 1_000_000_000;
const DAY_MS = 86_400_000;

/** As a range can be matched against it: ROUTE-7. */
const versionSchema = z
  .string()
  .min(1)
  .max(128)
  .regex(
    /^v?\d{1,9}(\.\d{1,9}){0,2}(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/,
    "a version like 1, 1.2, 1.2.3 or 1.2.3-rc.1, which ranges can be matched against",
  );

const fraction = z.number().min(0).max(1);

const service = z.strictObject({
  name: idSchema,
  version: versionSchema.optional(),
  tags: z.array(idSchema).max(32).optional(),
  weight: z.int().min(0).max(WEIGHT_MAX).optional(),
  capacity: z
    .int()
    .min(1)
    .max(CAPACITY_MAX)
    .optional()
    .openapi({ description: "Requests in flight that it can carry" }),
});

export const registrationSchema = z
  .strictObject({
    cluster_id: idSchema,
    region: idSchema.optional(),
    coordinates: coordinatesSchema.optional(),
    endpoints: z
      .array(z.strictObject({ url: httpUrlSchema, weight: z.int().min(0).max(WEIGHT_MAX).optional() }))
      .min(1)
      .max(MAX_ENDPOINTS),
    services: z
      .array(service)
      .min(1)
      .max(MAX_SERVICES)
      .refine(
        (offered) => new Set(offered.map(({ name }) => name)).size === offered.length,
        "a service is named twice",
      ),
    health_check: z
      .strictObject({
        url: httpUrlSchema,
        interval_ms: z.int().min(500).max(DAY_MS).optional(),
        timeout_ms: z.int().min(100).max(60_000).optional(),
      })
      .refine(({ interval_ms, timeout_ms }) => (timeout_ms ?? 0) <= (interval_ms ?? Number.POSITIVE_INFINITY), {
        path: ["timeout_ms"],
        message: "at most interval_ms: a check has ended when the next one is due",
      })
      .optional(),
    ttl_ms: z
      .int()
      .min(1_000)
      .max(DAY_MS)
      .optional()
      .openapi({ description: "Critical without a heartbeat for this long" }),
    metadata: boundedJson(z.record(z.string(), anyJson), METADATA_BYTES)
      .optional()
      .openapi({ type: "object", description: `At most ${METADATA_BYTES} bytes of JSON` }),
    jurisdiction: idSchema.optional(),
    namespace: idSchema.optional(),
  })
  .openapi("ClusterRegistration");

export const registeredSchema = z
  .looseObject({ cluster_id: z.string(), hub_id: z.string(), catalog_version: z.int(), ttl_ms: z.number().nullable() })
  .openapi("ClusterRegistered");

export const heartbeatSchema = z
  .strictObject({
    load: fraction.optional(),
    in_flight: z.int().min(0).max(CAPACITY_MAX).optional(),
    services: z
      .record(idSchema, z.strictObject({ load: fraction.optional(), healthy: z.boolean().optional() }))
      .refine((services) => Object.keys(services).length <= MAX_SERVICES, `at most ${MAX_SERVICES} services`)
      .optional(),
  })
  .openapi("Heartbeat");

export const heartbeatAnswerSchema = z.looseObject({ ttl_ms: z.number().nullable() }).openapi("HeartbeatAnswer");

export const maintenanceSchema = z
  .strictObject({ starts_at: z.iso.datetime({ offset: true }), ends_at: z.iso.datetime({ offset: true }) })
  .refine(({ starts_at, ends_at }) => Date.parse(starts_at) < Date.parse(ends_at), {
    path: ["ends_at"],
    message: "must be after starts_at",
  })
  .openapi("MaintenanceWindow");

export const clusterSchema = z
  .looseObject({
    cluster_id: z.string(),
    hub_id: z.string(),
    region: z.string(),
    state: z.enum(CLUSTER_STATES),
    updated_at: z.iso.datetime(),
    age_ms: z.number(),
  })
  .openapi("Cluster");

export const clusterFiltersSchema = z.object({
  service: idSchema.optional(),
  region: idSchema.optional(),
  state: z.enum(CLUSTER_STATES).optional(),
  tag: idSchema.optional(),
  namespace: idSchema.optional(),
  limit: z
    .string()
    .regex(/^\d{1,4}$/, "a whole number")
    .transform(Number)
    .pipe(z.int().min(1).max(1_000))
    .default(100)
    .openapi({ type: "integer" }),
  cursor: idSchema.optional().openapi({ description: "next_cursor of the page before" }),
});

export const clusterPageSchema = z
  .looseObject({ clusters: z.array(clusterSchema), next_cursor: z.string().nullable() })
  .openapi("ClusterPage");

const regionSummary = z
  .looseObject({
    region: z.string(),
    hubs: z.int(),
    clusters: z.int(),
    healthy: z.int(),
    services: z
      .array(
        z.looseObject({
          name: z.string(),
          clusters: z.int(),
          healthy: z.int(),
          capacity: z.int().nullable().openapi({ description: "Null: a healthy cluster states no limit" }),
          load: z.number(),
        }),
      )
      .openapi({ description: "Those with the most clusters, when there are more than 128" }),
    updated_at: z.iso.datetime(),
  })
  .openapi("RegionSummary");

export const registryStatusSchema = z
  .looseObject({
    hubs: z.array(
      z.looseObject({
        hub_id: z.string(),
        tier: z.enum(TIERS),
        region: z.string(),
        coordinates: coordinatesSchema,
        state: z.enum(MEMBER_STATES),
        incarnation: z.int(),
        parent: z.string().nullable(),
        children: z.array(z.string()),
        clusters: z.int().nullable(),
        capacity: z.int().nullable(),
        load: z.number().nullable(),
        version: z.string().nullable(),
      }),
    ),
    clusters: z.looseObject({ total: z.int(), healthy: z.int(), draining: z.int() }),
    services: z.int(),
    summaries: z
      .array(regionSummary)
      .openapi({ description: "What each region's regional hub last said of it, at most every 5 s" }),
    groups: z
      .array(
        z.looseObject({
          group: z.string(),
          parent: z.string(),
          coordinator: z.string().nullable(),
          acting: z.boolean(),
          term: z.int().nullable(),
          since_at: z.string().nullable(),
        }),
      )
      .openapi({
        description: "Who acts for each group: its parent, or, `acting`, the child that was elected in its place",
      }),
    catalog_version: z.int(),
  })
  .openapi("RegistryStatus");
