/** The operations on the configuration as OpenAPI describes them. */
import { createRoute } from "@hono/zod-openapi";
import { requires } from "../auth/index.ts";
import { body, idempotencyHeader, json, problems, secured } from "../http/index.ts";
import { agreedSchema, configSchema, decidedSchema } from "./schemas.ts";

const admin = { tags: ["Administration"], security: secured, middleware: requires("admin") };

export const getConfig = createRoute({
  ...admin,
  method: "get",
  path: "/admin/config",
  summary: "The configuration of a hub as it is in force, and what of it is agreed",
  responses: { 200: json(configSchema, "The configuration, without secrets"), ...problems },
});

export const putConfig = createRoute({
  ...admin,
  method: "put",
  path: "/admin/config",
  summary:
    "Change what may change while hubs run: put to the vote of the global group, in force on every hub once agreed",
  request: { headers: idempotencyHeader, body: body(agreedSchema) },
  responses: {
    200: json(decidedSchema, "Agreed, and in force"),
    202: json(decidedSchema, "Open still: look at the proposal"),
    ...problems,
  },
});
