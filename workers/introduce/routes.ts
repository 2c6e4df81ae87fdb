/** Tells the hubs here where other hubs are: how nodes that were started one by one find each other. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { TIERS } from "../../hub-core/common/types.ts";
import { requires } from "../auth/index.ts";
import type { EdgeEnv } from "../edge-env.ts";
import {
  body,
  coordinatesSchema,
  httpUrlSchema,
  idSchema,
  json,
  problems,
  refuseInvalid,
  secured,
  sendProblem,
} from "../http/index.ts";

const MAX_INTRODUCED = 512;

const identitySchema = z
  .strictObject({
    hub_id: idSchema,
    tier: z.enum(TIERS),
    region: idSchema,
    coordinates: coordinatesSchema,
    parent: idSchema.nullable(),
    address: httpUrlSchema.openapi({ description: "Base URL under which /peer/{hub_id} is reached" }),
  })
  .refine(({ tier, parent }) => (tier === "global") === (parent === null), {
    path: ["parent"],
    message: "every hub but a global one has a parent",
  });

const introduced = z.object({ introduced: z.int(), hubs: z.array(z.string()) }).openapi("Introduced");

const postIntroduce = createRoute({
  method: "post",
  path: "/admin/introduce",
  tags: ["Administration"],
  summary: "Tell the hubs of this edge where other hubs are",
  security: secured,
  middleware: requires("admin"),
  request: { body: body(z.array(identitySchema).min(1).max(MAX_INTRODUCED)) },
  responses: { 202: json(introduced, "They will be looked for"), ...problems },
});

export const introduceRoutes = new OpenAPIHono<EdgeEnv>({ defaultHook: refuseInvalid }).openapi(
  postIntroduce,
  async (c) => {
    const identities = c.req.valid("json").map(({ hub_id, ...rest }) => ({ hubId: hub_id, ...rest }));
    const told = await c.env.hubs.introduce(identities);
    const heard = told.filter(({ reply }) => reply.ok).map(({ hubId }) => hubId);
    const refusal = told.find(({ reply }) => !reply.ok)?.reply;
    if (heard.length === 0 && refusal && !refusal.ok) return sendProblem(c, refusal.problem);
    return c.json({ introduced: identities.length, hubs: heard }, 202);
  },
);
