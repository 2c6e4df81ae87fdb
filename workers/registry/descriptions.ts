/** The registry's operations as OpenAPI describes them. */
import { createRoute, z } from "@hono/zod-openapi";
import { requires } from "../auth/index.ts";
import { body, idempotencyHeader, idSchema, json, problems, secured } from "../http/index.ts";
import {
  clusterFiltersSchema,
  clusterPageSchema,
  clusterSchema,
  heartbeatAnswerSchema,
  heartbeatSchema,
  maintenanceSchema,
  registeredSchema,
  registrationSchema,
  registryStatusSchema,
} from "./schemas.ts";

const params = z.object({ id: idSchema });
const read = { tags: ["Registry"], security: secured, middleware: requires("viewer") };
const write = { tags: ["Registry"], security: secured, middleware: requires("operator") };

export const getRegistryStatus = createRoute({
  ...read,
  method: "get",
  path: "/api/registry/status",
  summary: "Every hub of the federation, and the clusters in numbers",
  responses: { 200: json(registryStatusSchema, "As this hub sees it"), ...problems },
});

export const postCluster = createRoute({
  ...write,
  method: "post",
  path: "/api/clusters",
  summary: "Register a cluster with the nearest hub that has room; the same id again replaces",
  request: { headers: idempotencyHeader, body: body(registrationSchema) },
  responses: { 200: json(registeredSchema, "Replaced"), 201: json(registeredSchema, "Registered"), ...problems },
});

export const listClusters = createRoute({
  ...read,
  method: "get",
  path: "/api/clusters",
  summary: "Clusters, filtered, page by page",
  request: { query: clusterFiltersSchema },
  responses: { 200: json(clusterPageSchema, "One page"), ...problems },
});

export const getCluster = createRoute({
  ...read,
  method: "get",
  path: "/api/clusters/{id}",
  summary: "One cluster",
  request: { params },
  responses: { 200: json(clusterSchema, "The cluster"), ...problems },
});

export const deleteCluster = createRoute({
  ...write,
  method: "delete",
  path: "/api/clusters/{id}",
  summary: "Graceful leave: gone from every hub's routes, and does not come back",
  request: { params, headers: idempotencyHeader },
  responses: { 204: { description: "Gone" }, ...problems },
});

export const putHeartbeat = createRoute({
  ...write,
  method: "put",
  path: "/api/clusters/{id}/heartbeat",
  summary: "Still here, and how loaded",
  request: {
    params,
    headers: idempotencyHeader,
    body: { required: false, content: { "application/json": { schema: heartbeatSchema } } },
  },
  responses: { 200: json(heartbeatAnswerSchema, "Heard"), ...problems },
});

export const postDrain = createRoute({
  ...write,
  method: "post",
  path: "/api/clusters/{id}/drain",
  summary: "No new traffic",
  request: { params, headers: idempotencyHeader },
  responses: { 200: json(clusterSchema, "Draining"), ...problems },
});

export const postUndrain = createRoute({
  ...write,
  method: "post",
  path: "/api/clusters/{id}/undrain",
  summary: "Traffic again, ramped up",
  request: { params, headers: idempotencyHeader },
  responses: { 200: json(clusterSchema, "On its way back"), ...problems },
});

export const postMaintenance = createRoute({
  ...write,
  method: "post",
  path: "/api/clusters/{id}/maintenance",
  summary: "No traffic in a window; refused when the rest could not carry the load",
  request: { params, headers: idempotencyHeader, body: body(maintenanceSchema) },
  responses: { 200: json(clusterSchema, "Announced"), ...problems },
});
