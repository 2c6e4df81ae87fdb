/** What changes, as it changes. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { invariant } from "../../hub-core/common/types.ts";
import { GLOBAL_GROUP } from "../../hub-core/wire/log.ts";
import { requires } from "../auth/index.ts";
import type { EdgeEnv } from "../edge-env.ts";
import { problems, refuseInvalid, secured, sendProblem } from "../http/index.ts";
import { EVENT_STREAM_TYPE } from "./event-stream.ts";
import { watchHeadersSchema, watchQuerySchema } from "./schemas.ts";
import { watchState } from "./watch-state.ts";

const getWatch = createRoute({
  method: "get",
  path: "/api/watch",
  tags: ["State"],
  summary: "Changes of strong keys as Server-Sent Events, to be taken up again after the last that was seen",
  security: secured,
  middleware: requires("viewer"),
  request: { query: watchQuerySchema, headers: watchHeadersSchema },
  responses: {
    200: {
      description: "Events named state, with {type: put|delete, key, value, version, revision}; the id is the revision",
      content: { [EVENT_STREAM_TYPE]: { schema: z.string() } },
    },
    ...problems,
  },
});

export const watchRoutes = new OpenAPIHono<EdgeEnv>({ defaultHook: refuseInvalid }).openapi(getWatch, async (c) => {
  const { prefix, scope: group = GLOBAL_GROUP, since } = c.req.valid("query");
  const last = c.req.valid("header")["last-event-id"];
  const answer = await watchState(c, { group, prefix, since: last ?? since });
  if (answer instanceof Response) return new Response(answer.body, answer);
  invariant(!answer.ok, "what is no stream is a refusal");
  return sendProblem(c, answer.problem);
});
