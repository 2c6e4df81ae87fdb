/** What the clusters offer, by name. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { requires } from "../auth/index.ts";
import type { EdgeEnv } from "../edge-env.ts";
import { idSchema, json, problems, refuseInvalid, secured, sendProblem } from "../http/index.ts";
import { ask } from "../hubs/index.ts";
import { serviceSchema, servicesQuerySchema, servicesSchema } from "./schemas.ts";

const listServices = createRoute({
  method: "get",
  path: "/api/services",
  tags: ["Registry"],
  summary: "Every service, with how many clusters offer it and where",
  security: secured,
  middleware: requires("viewer"),
  request: { query: servicesQuerySchema },
  responses: { 200: json(servicesSchema, "One page"), ...problems },
});

const getService = createRoute({
  method: "get",
  path: "/api/services/{name}",
  tags: ["Registry"],
  summary: "One service, region by region and cluster by cluster",
  security: secured,
  middleware: requires("viewer"),
  request: { params: z.object({ name: idSchema }) },
  responses: { 200: json(serviceSchema, "The service"), ...problems },
});

export const servicesRoutes = new OpenAPIHono<EdgeEnv>({ defaultHook: refuseInvalid })
  .openapi(listServices, async (c) => {
    const reply = await ask(c, { kind: "service-list", ...c.req.valid("query") });
    if (!reply.ok) return sendProblem(c, reply.problem);
    return c.json(reply.value as z.output<typeof servicesSchema>, 200);
  })
  .openapi(getService, async (c) => {
    const reply = await ask(c, { kind: "service-get", name: c.req.valid("param").name });
    if (!reply.ok) return sendProblem(c, reply.problem);
    return c.json(reply.value as z.output<typeof serviceSchema>, 200);
  });
