import { z } from "@hono/zod-openapi";
import { DEFAULT_NAMESPACE, TIERS } from "../../hub-core/common/types.ts";
import { MAX_EXCLUDED, MAX_LIMIT, POSITION_SOURCES, STRATEGIES, versionRange } from "../../hub-core/routing/index.ts";
import { coordinatesSchema, idSchema } from "../http/index.ts";

/** A number in a query string. An empty value is a mistake, not a zero. */
const number = z
  .string()
  .regex(/^-?\d{1,15}(\.\d{1,15})?$/, "a decimal number")
  .transform(Number);

const wholeNumber = z
  .string()
  .regex(/^\d{1,12}$/, "a whole number")
  .transform(Number);

/** `?tags=a,b` or `?tags=a&tags=b`. */
function list(item: z.ZodString, max: number) {
  return z
    .union([z.string(), z.array(z.string())])
    .transform((given) => (Array.isArray(given) ? given : [given]).flatMap((each) => each.split(",")))
    .transform((items) => items.map((each) => each.trim()).filter((each) => each !== ""))
    .pipe(z.array(item).max(max));
}

export const routeQuerySchema = z
  .object({
    service: idSchema.openapi({ example: "checkout" }),
    lat: number.pipe(z.number().min(-90).max(90)).optional().openapi({ type: "number", example: -1.29 }),
    lon: number.pipe(z.number().min(-180).max(180)).optional().openapi({ type: "number", example: 36.82 }),
    from: z
      .string()
      .min(1)
      .max(128)
      .optional()
      .openapi({ description: "A city, an IATA code, a cloud region or a hub id" }),
    tags: list(idSchema, 32)
      .optional()
      .openapi({ type: "string", description: "Comma-separated; every one must be carried" }),
    version: z
      .string()
      .min(1)
      .max(128)
      .refine(
        (text) => versionRange(text) !== null,
        "a version or a range: 1.2.3, 1.2, 1.x, ^1.2, ~1.2.3, >=1.2 <2, 1.x || 3.x",
      )
      .optional()
      .openapi({ description: "Exact, or a range as npm writes them: ^1.2, ~1.2.3, 1.x, >=1.2 <2, 1.x || 3.x, *" }),
    namespace: idSchema.optional().openapi({ description: `Default: ${DEFAULT_NAMESPACE}` }),
    jurisdiction: idSchema.optional(),
    exclude: list(idSchema, MAX_EXCLUDED)
      .optional()
      .openapi({ type: "string", description: "Cluster ids, comma-separated" }),
    sticky: z.string().min(1).max(256).optional(),
    limit: wholeNumber.pipe(z.int().min(1).max(MAX_LIMIT)).default(3).openapi({ type: "integer" }),
    max_age_ms: wholeNumber.pipe(z.int().min(0)).optional().openapi({ type: "integer" }),
    explain: z.enum(["0", "1"]).default("0"),
    strategy: z.enum(STRATEGIES).default("best"),
  })
  .refine(({ lat, lon }) => (lat === undefined) === (lon === undefined), {
    path: ["lat"],
    message: "lat and lon go together",
  });

const chosen = z
  .looseObject({
    cluster_id: z.string(),
    hub_id: z.string(),
    region: z.string(),
    url: z.string(),
    expected_latency_ms: z.number(),
    latency_source: z.enum(["measured", "estimated", "geographic"]),
    score: z.number(),
  })
  .openapi("RankedCluster");

const terms = z.object({
  latency: z.number(),
  load: z.number(),
  health: z.number(),
  cost: z.number(),
  policy: z.number(),
});

const explanationSchema = z
  .looseObject({
    candidates: z.array(
      z.looseObject({
        cluster_id: z.string(),
        eligible: z.boolean(),
        filtered_by: z.string().optional(),
        score: z.number().optional(),
        terms: terms.optional(),
      }),
    ),
    rules: z.array(z.unknown()),
  })
  .openapi("Explanation");

export const decisionSchema = z
  .looseObject({
    decision_id: z.string(),
    service: z.string(),
    chosen,
    alternatives: z.array(chosen),
    path: z.array(z.string()),
    path_latency_ms: z.number().nullable(),
    catalog_version: z.int(),
    data_age_ms: z.number(),
    synced: z.boolean().openapi({
      description: "false: every hub of this region has just started and may not have caught up with the others",
    }),
    position: coordinatesSchema.extend({ source: z.enum(POSITION_SOURCES) }),
    explain: explanationSchema.optional(),
  })
  .openapi("Decision");

export const pathsQuerySchema = z.object({
  from: idSchema,
  to: idSchema,
  k: wholeNumber.pipe(z.int().min(1).max(16)).default(3).openapi({ type: "integer" }),
});

const hubPath = z.looseObject({ hubs: z.array(z.string()), latency_ms: z.number(), cost: z.number() });

export const pathsSchema = z
  .looseObject({ paths: z.array(hubPath), disjoint_backup: hubPath.nullable().optional() })
  .openapi("Paths");

export const topologySchema = z
  .looseObject({
    nodes: z.array(
      z.looseObject({
        id: z.string(),
        kind: z.enum(["hub", "cluster"]),
        tier: z.enum(TIERS).optional(),
        region: z.string(),
        position: coordinatesSchema,
        state: z.string(),
      }),
    ),
    edges: z.array(
      z.looseObject({
        from: z.string(),
        to: z.string(),
        kind: z.string(),
        measured: z.boolean(),
        rtt_ms: z.number().nullable(),
        loss: z.number().nullable(),
        utilisation: z.number().nullable(),
      }),
    ),
  })
  .openapi("Topology");

const MAX_OBSERVATIONS = 1_000;

export const observationsSchema = z
  .array(
    z.strictObject({
      from: z
        .string()
        .min(1)
        .max(128)
        .openapi({ description: "A position (lat,lon), IATA code, region, hub or cluster" }),
      to: idSchema.openapi({ description: "A hub or a cluster" }),
      rtt_ms: z.number().min(0).max(60_000),
    }),
  )
  .min(1)
  .max(MAX_OBSERVATIONS)
  .openapi("LatencyObservations");

export const reportedSchema = z
  .looseObject({
    accepted: z.int(),
    ignored: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .openapi({ description: "Round trips faster than light between the two places" }),
    catalog_version: z.int(),
  })
  .openapi("LatencyReported");
