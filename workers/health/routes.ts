/** Is this hub well, and what is it doing. */
import { createRoute, OpenAPIHono, type z } from "@hono/zod-openapi";
import { requires } from "../auth/index.ts";
import type { EdgeEnv } from "../edge-env.ts";
import {
  json,
  PROBLEM_TYPE,
  problemBody,
  problemSchema,
  problems,
  refuseInvalid,
  secured,
  sendProblem,
} from "../http/index.ts";
import { ask } from "../hubs/index.ts";
import { healthSchema, statusSchema } from "./schemas.ts";

const getHealth = createRoute({
  method: "get",
  path: "/health",
  tags: ["Health"],
  summary: "Whether the hub is well",
  responses: {
    200: json(healthSchema, "Healthy or degraded"),
    503: {
      description: "Unhealthy or draining; or no hub answers",
      content: { "application/json": { schema: healthSchema }, "application/problem+json": { schema: problemSchema } },
    },
    ...problems,
  },
});

const getStatus = createRoute({
  method: "get",
  path: "/api/status",
  tags: ["Health"],
  summary: "What the hub is doing, its limits and what it costs",
  security: secured,
  middleware: requires("viewer"),
  responses: { 200: json(statusSchema, "The hub's status"), ...problems },
});

export const healthRoutes = new OpenAPIHono<EdgeEnv>({ defaultHook: refuseInvalid })
  .openapi(getHealth, async (c) => {
    const reply = await ask(c, { kind: "health" });
    // A hub that cannot say how it is, is not well: whatever the reason, the status is that of an unhealthy one.
    if (!reply.ok) return c.json(problemBody({ ...reply.problem, status: 503 }), 503, { "content-type": PROBLEM_TYPE });
    const health = reply.value as z.output<typeof healthSchema>;
    return c.json(health, health.status === "unhealthy" || health.draining ? 503 : 200);
  })
  .openapi(getStatus, async (c) => {
    const reply = await ask(c, { kind: "status" });
    if (!reply.ok) return sendProblem(c, reply.problem);
    return c.json(reply.value as z.output<typeof statusSchema>, 200);
  });
