/** Asks, and follows a hub that says which other hub to ask. */
import type { Context } from "hono";
import type { Reply } from "../../hub-core/common/problem.ts";
import type { HubId, RegionId } from "../../hub-core/common/types.ts";
import type { Request as HubRequest } from "../../hub-core/hub/index.ts";
import type { EdgeEnv } from "../edge-env.ts";
import { forward, replyOf } from "./forward.ts";

const MAX_REDIRECTS = 3;
/** Who answered, for people with a question about it. */
export const HUB_HEADER = "x-mpreg-hub";

export async function ask(c: Context<EdgeEnv>, request: HubRequest): Promise<Reply> {
  const { hubs, deployment } = c.env;
  let asked = await hubs.ask(request);
  for (let redirects = 0; redirects < MAX_REDIRECTS; redirects++) {
    const target = redirectOf(asked.reply);
    if (!target) break;
    if (!deployment.hosted.includes(target.hub)) return askElsewhere(c, target, asked.reply);
    asked = await hubs.askAt(target.hub, request);
  }
  c.header(HUB_HEADER, asked.hubId);
  return asked.reply;
}

async function askElsewhere(c: Context<EdgeEnv>, target: Target, redirect: Reply): Promise<Reply> {
  const { deployment, network } = c.env;
  const url = target.region === deployment.region.id ? undefined : deployment.regionUrls.get(target.region);
  if (url === undefined) return redirect;
  const { method, raw, url: asked } = c.req;
  const body = method === "GET" || method === "HEAD" ? null : await c.req.text();
  const again = new Request(asked, { method, headers: raw.headers, body });
  const answer = await forward(again, { ...target, url }, { region: deployment.region.id, clientPosition: network });
  return answer instanceof Response ? replyOf(answer) : answer;
}

interface Target {
  readonly hub: HubId;
  readonly region: RegionId;
}

function redirectOf(reply: Reply): Target | null {
  if (reply.ok || reply.problem.code !== "redirect") return null;
  const { hub_id, region } = reply.problem.extra ?? {};
  return typeof hub_id === "string" && typeof region === "string" ? { hub: hub_id, region } : null;
}
