/** A hub hands over its duties, and takes them back: it goes on answering all the while. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { requires } from "../auth/index.ts";
import type { EdgeEnv } from "../edge-env.ts";
import { json, problems, refuseInvalid, secured, sendProblem } from "../http/index.ts";

const drainSchema = z
  .looseObject({
    hub_id: z.string(),
    draining: z.boolean(),
    clusters: z
      .int()
      .openapi({ description: "Clusters that it still answers for; other hubs take them over one by one" }),
    coordinates: z.array(z.string()).openapi({ description: "Groups that it still coordinates" }),
  })
  .openapi("Drain");

const postDrain = createRoute({
  method: "post",
  path: "/admin/drain",
  tags: ["Administration"],
  summary: "The hub hands over its leadership and its clusters, and takes no more, until it is undrained",
  security: secured,
  middleware: requires("admin"),
  responses: { 200: json(drainSchema, "It drains; asked again, how far it has come"), ...problems },
});

const postUndrain = createRoute({
  method: "post",
  path: "/admin/undrain",
  tags: ["Administration"],
  summary: "The hub takes part again; its clusters come home",
  security: secured,
  middleware: requires("admin"),
  responses: { 200: json(drainSchema, "It takes part again"), ...problems },
});

export const drainRoutes = new OpenAPIHono<EdgeEnv>({ defaultHook: refuseInvalid })
  .openapi(postDrain, async (c) => {
    const { hubs } = c.env;
    // The hub that is meant and no other: a second one would drain in place of one that is slow.
    const { reply } = await hubs.askAt(hubs.candidates[0] ?? "", { kind: "drain" });
    if (!reply.ok) return sendProblem(c, reply.problem);
    return c.json(reply.value as z.output<typeof drainSchema>, 200);
  })
  .openapi(postUndrain, async (c) => {
    const { hubs } = c.env;
    const { reply } = await hubs.askAt(hubs.candidates[0] ?? "", { kind: "undrain" });
    if (!reply.ok) return sendProblem(c, reply.problem);
    return c.json(reply.value as z.output<typeof drainSchema>, 200);
  });
