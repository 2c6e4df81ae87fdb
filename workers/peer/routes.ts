/** Where hubs meet: the WebSocket goes to the hub itself, which checks who is calling. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { bearerToken, PeerTokens } from "../../durable-objects/links/index.ts";
import type { EdgeBindings, EdgeEnv } from "../edge-env.ts";
import { idSchema, problems, refuseInvalid, sendProblem } from "../http/index.ts";

const getPeer = createRoute({
  method: "get",
  path: "/peer/{hub_id}",
  tags: ["Peering"],
  summary: "WebSocket between two hubs; both prove who they are with short-lived signed tokens",
  request: { params: z.object({ hub_id: idSchema }) },
  responses: { 101: { description: "Upgraded; x-mpreg-peer-token holds this hub's proof" }, ...problems },
});

export const peerRoutes = new OpenAPIHono<EdgeEnv>({ defaultHook: refuseInvalid }).openapi(getPeer, async (c) => {
  const { hub_id } = c.req.valid("param");
  // Before anything is said about which hubs there are: who is no peer learns nothing.
  const token = bearerToken(c.req.header("authorization"));
  if (token === null) return unauthenticated(c);
  if (!c.env.deployment.hosted.includes(hub_id)) {
    if (!(await isPeer(token, hub_id, c.env))) return unauthenticated(c);
    return sendProblem(c, { status: 404, code: "hub_unknown", detail: `hub ${hub_id} does not live in this region` });
  }
  const answer = await c.env.hubs.stub(hub_id).fetch(c.req.raw);
  if (answer.webSocket) return answer;
  switch (answer.status) {
    case 401:
      return unauthenticated(c);
    case 426:
      return sendProblem(
        c,
        { status: 426, code: "upgrade_required", detail: "ask for a WebSocket" },
        { upgrade: "websocket" },
      );
    default:
      return sendProblem(
        c,
        { status: 503, code: "too_many_links", detail: "the hub takes no more links now" },
        { "retry-after": "5" },
      );
  }
});

/** A hub that lives here checks its callers itself. */
async function isPeer(token: string, self: string, { deployment, peerKey }: EdgeBindings): Promise<boolean> {
  if (!peerKey) return false;
  const { federation, region } = deployment;
  const tokens = new PeerTokens({ federation: federation.name, key: peerKey, self, region: region.id });
  return (await tokens.verify(token, Date.now())) !== null;
}

function unauthenticated(c: Parameters<typeof sendProblem>[0]): ReturnType<typeof sendProblem> {
  const detail = "peers prove who they are with a short-lived token signed by the federation's key";
  return sendProblem(
    c,
    { status: 401, code: "unauthenticated", detail },
    { "www-authenticate": 'Bearer realm="mpreg-peer"' },
  );
}
