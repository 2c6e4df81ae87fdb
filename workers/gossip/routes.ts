/** How gossip is doing, and proof that it reaches everyone. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import type { Json } from "../../hub-core/common/types.ts";
import { requires } from "../auth/index.ts";
import type { EdgeEnv } from "../edge-env.ts";
import { idempotencyHeader, idSchema, json, problems, refuseInvalid, secured, sendProblem } from "../http/index.ts";
import { ask, askAny, writeOptions } from "../hubs/index.ts";
import { gossipStatsSchema, testMessageReportSchema, testMessageSchema, testMessageStartedSchema } from "./schemas.ts";

const getStats = createRoute({
  method: "get",
  path: "/api/gossip/stats",
  tags: ["Gossip"],
  summary: "What gossip has sent, received and repaired, by group",
  security: secured,
  middleware: requires("viewer"),
  responses: { 200: json(gossipStatsSchema, "Counters by group"), ...problems },
});

const postTestMessage = createRoute({
  method: "post",
  path: "/api/gossip/test-message",
  tags: ["Gossip"],
  summary: "Send a message that every hub acknowledges",
  security: secured,
  middleware: requires("operator"),
  request: {
    headers: idempotencyHeader,
    body: { required: false, content: { "application/json": { schema: testMessageSchema } } },
  },
  responses: { 202: json(testMessageStartedSchema, "On its way"), ...problems },
});

const getTestMessage = createRoute({
  method: "get",
  path: "/api/gossip/test-message/{id}",
  tags: ["Gossip"],
  summary: "Which hubs have acknowledged the message",
  security: secured,
  middleware: requires("viewer"),
  request: { params: z.object({ id: idSchema }) },
  responses: { 200: json(testMessageReportSchema, "Receipts so far"), ...problems },
});

export const gossipRoutes = new OpenAPIHono<EdgeEnv>({ defaultHook: refuseInvalid })
  .openapi(getStats, async (c) => {
    const reply = await ask(c, { kind: "gossip-stats" });
    if (!reply.ok) return sendProblem(c, reply.problem);
    return c.json(reply.value as z.output<typeof gossipStatsSchema>, 200);
  })
  .openapi(postTestMessage, async (c) => {
    const { payload } = c.req.valid("json");
    const { idempotencyKey } = writeOptions(c);
    const reply = await ask(c, {
      kind: "test-message-start",
      payload: (payload ?? null) as Json,
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    });
    if (!reply.ok) return sendProblem(c, reply.problem);
    return c.json(reply.value as z.output<typeof testMessageStartedSchema>, 202);
  })
  .openapi(getTestMessage, async (c) => {
    const reply = await askAny(c, { kind: "test-message-report", messageId: c.req.valid("param").id });
    if (!reply.ok) return sendProblem(c, reply.problem);
    return c.json(reply.value as z.output<typeof testMessageReportSchema>, 200);
  });
