/** A hub leaves the federation on purpose: the others see it `left`, and need not find out that it is gone. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { requires } from "../auth/index.ts";
import type { EdgeEnv } from "../edge-env.ts";
import { json, problems, refuseInvalid, secured, sendProblem } from "../http/index.ts";

const LEAVES_WITHIN_MS = 3_000;

const shutdownSchema = z
  .strictObject({
    timeout_ms: z
      .int()
      .min(1)
      .max(60_000)
      .default(LEAVES_WITHIN_MS)
      .openapi({ description: "How long the edge waits for the hub" }),
  })
  .openapi("Shutdown");

const departedSchema = z
  .looseObject({
    hub_id: z.string(),
    state: z.literal("left"),
    incarnation: z.int(),
    left_at: z.iso.datetime(),
    told: z.array(z.string()).openapi({ description: "Linked hubs, which tell the others" }),
    clusters: z.int().openapi({ description: "Clusters that other hubs adopt now" }),
  })
  .openapi("Departed");

const postShutdown = createRoute({
  method: "post",
  path: "/admin/shutdown",
  tags: ["Administration"],
  summary: "The hub announces its departure and stops its protocols, until it is started again",
  security: secured,
  middleware: requires("admin"),
  request: { body: { required: false, content: { "application/json": { schema: shutdownSchema } } } },
  responses: { 202: json(departedSchema, "It has left; asked again, what was done"), ...problems },
});

export const shutdownRoutes = new OpenAPIHono<EdgeEnv>({ defaultHook: refuseInvalid }).openapi(
  postShutdown,
  async (c) => {
    const { hubs } = c.env;
    // No body, no content type, nothing validated.
    const { timeout_ms: withinMs = LEAVES_WITHIN_MS } = c.req.valid("json") ?? {};
    // The hub that is meant and no other: a second one would leave in place of one that is slow.
    const { reply } = await hubs.askAt(hubs.candidates[0] ?? "", { kind: "shutdown" }, withinMs);
    if (!reply.ok) return sendProblem(c, reply.problem);
    return c.json(reply.value as z.output<typeof departedSchema>, 202);
  },
);
