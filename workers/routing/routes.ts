/** Where to go, why, and over which hubs. */
import { createRoute, OpenAPIHono, type z } from "@hono/zod-openapi";
import type { LatencyObservation, RouteQuestion } from "../../hub-core/routing/index.ts";
import { requires } from "../auth/index.ts";
import type { EdgeEnv } from "../edge-env.ts";
import { body, json, problems, refuseInvalid, secured, sendProblem } from "../http/index.ts";
import { ask } from "../hubs/index.ts";
import { clientPosition, coordinatesOf, type PlaceFinder } from "../position/index.ts";
import {
  decisionSchema,
  observationsSchema,
  pathsQuerySchema,
  pathsSchema,
  reportedSchema,
  routeQuerySchema,
  topologySchema,
} from "./schemas.ts";

const getRoute = createRoute({
  method: "get",
  path: "/api/route",
  tags: ["Routing"],
  summary: "The best healthy cluster for a client, with the reason",
  request: { query: routeQuerySchema },
  responses: { 200: json(decisionSchema, "The decision"), ...problems },
});

const getPaths = createRoute({
  method: "get",
  path: "/api/paths",
  tags: ["Routing"],
  summary: "The k shortest loop-free paths between two hubs",
  security: secured,
  middleware: requires("viewer"),
  request: { query: pathsQuerySchema },
  responses: { 200: json(pathsSchema, "Paths, shortest first"), ...problems },
});

const getTopology = createRoute({
  method: "get",
  path: "/api/topology",
  tags: ["Routing"],
  summary: "Hubs, clusters and the measured links between them",
  security: secured,
  middleware: requires("viewer"),
  responses: { 200: json(topologySchema, "The graph"), ...problems },
});

const postLatency = createRoute({
  method: "post",
  path: "/api/latency",
  tags: ["Routing"],
  summary: "Report round trips that were measured elsewhere",
  security: secured,
  middleware: requires("operator"),
  request: { body: body(observationsSchema) },
  responses: { 202: json(reportedSchema, "How many were taken into account, and which were not"), ...problems },
});

export const routingRoutes = new OpenAPIHono<EdgeEnv>({ defaultHook: refuseInvalid })
  .openapi(getRoute, async (c) => {
    const startedAt = Date.now();
    const query = c.req.valid("query");
    const found = clientPosition(query, c.env.network, c.env.findPlace);
    if (!found.ok) return sendProblem(c, found.problem);
    const reply = await ask(c, { kind: "route", question: questionOf(query, found.position) });
    c.header("server-timing", `hub;dur=${Date.now() - startedAt}`);
    if (!reply.ok) return sendProblem(c, reply.problem);
    return c.json(reply.value as z.output<typeof decisionSchema>, 200);
  })
  .openapi(getPaths, async (c) => {
    const reply = await ask(c, { kind: "paths", ...c.req.valid("query") });
    if (!reply.ok) return sendProblem(c, reply.problem);
    return c.json(reply.value as z.output<typeof pathsSchema>, 200);
  })
  .openapi(getTopology, async (c) => {
    const reply = await ask(c, { kind: "topology" });
    if (!reply.ok) return sendProblem(c, reply.problem);
    return c.json(reply.value as z.output<typeof topologySchema>, 200);
  })
  .openapi(postLatency, async (c) => {
    const observations = c.req.valid("json").map((told) => observationOf(told, c.env.findPlace));
    const reply = await ask(c, { kind: "latency-report", observations });
    if (!reply.ok) return sendProblem(c, reply.problem);
    return c.json(reply.value as z.output<typeof reportedSchema>, 202);
  });

function questionOf(query: z.output<typeof routeQuerySchema>, position: RouteQuestion["position"]): RouteQuestion {
  return {
    service: query.service,
    position,
    tags: query.tags ?? [],
    version: query.version ?? null,
    namespace: query.namespace ?? null,
    jurisdiction: query.jurisdiction ?? null,
    exclude: query.exclude ?? [],
    sticky: query.sticky ?? null,
    limit: query.limit,
    maxAgeMs: query.max_age_ms ?? null,
    explain: query.explain === "1",
    strategy: query.strategy,
    decisionId: crypto.randomUUID(),
  };
}

/** Where the round trip began, when that is a position or a place that the edge knows. */
function observationOf(told: z.output<typeof observationsSchema>[number], findPlace: PlaceFinder): LatencyObservation {
  const [latitude, longitude, ...rest] = told.from.split(",");
  const position = rest.length === 0 ? coordinatesOf(latitude, longitude) : null;
  const place = position ? null : findPlace(told.from);
  const coordinates = position ?? (place?.ok ? place.coordinates : null);
  return { from: place?.ok ? place.name : told.from, coordinates, to: told.to, rttMs: told.rtt_ms };
}
