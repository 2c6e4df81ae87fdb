/** Asks, and follows a hub that says which other hub to ask. */
import type { Context } from "hono";
import type { Reply } from "../../hub-core/common/problem.ts";
import type { HubId, RegionId } from "../../hub-core/common/types.ts";
import type { Request as HubRequest } from "../../hub-core/hub/index.ts";
import type { EdgeEnv } from "../edge-env.ts";
import { edgeName, forward, replyOf } from "./forward.ts";
import { whereabouts } from "./whereabouts.ts";

const MAX_REDIRECTS = 3;
/** How many hubs have sent a write on before it came to this edge. */
const REDIRECTS_HEADER = "x-mpreg-redirects";
/** Who answered, for people with a question about it. */
const HUB_HEADER = "x-mpreg-hub";

/** What the headers of a write say about it. */
export function writeOptions(c: Context<EdgeEnv>): { idempotencyKey?: string; assigned?: boolean; redirects?: number } {
  const key = c.req.header("idempotency-key");
  const redirects = redirectsSoFar(c);
  return {
    ...(key === undefined ? {} : { idempotencyKey: key }),
    ...(redirects > 0 ? { assigned: true, redirects } : {}),
  };
}

export async function ask(c: Context<EdgeEnv>, request: HubRequest): Promise<Reply> {
  const { hubs, deployment } = c.env;
  let asked = await hubs.ask(request);
  for (let redirects = redirectsSoFar(c) + 1; redirects <= MAX_REDIRECTS; redirects++) {
    const target = redirectOf(asked.reply);
    if (!target) break;
    if (!deployment.hosted.includes(target.hub)) return askElsewhere(c, target, redirects, asked.reply);
    asked = await hubs.askAt(target.hub, sentOn(request, redirects));
  }
  c.header(HUB_HEADER, asked.hubId);
  return asked.reply;
}

/** For what one hub of the region knows and the others do not: the first that does not answer 404. */
export async function askAny(c: Context<EdgeEnv>, request: HubRequest): Promise<Reply> {
  const reply = await ask(c, request);
  if (reply.ok || reply.problem.status !== 404) return reply;
  const others = await c.env.hubs.askEach(request);
  return others.find((other) => other.reply.ok)?.reply ?? reply;
}

/**
 * For records, which local hubs hold in full only of their own region: the nearest hub's when its region owns it, since that
 * hub may be the writer, else that of the hub that sees most of the federation.
 */
export async function askFullest(c: Context<EdgeEnv>, request: HubRequest): Promise<Reply> {
  const reply = await ask(c, request);
  const { candidates } = c.env.hubs;
  const widest = candidates.at(-1);
  const ownedHere = reply.ok && c.env.deployment.hosted.includes(String((reply.value as { hub_id?: unknown }).hub_id));
  if (widest === undefined || candidates.length === 1 || ownedHere) return reply;
  const fuller = await c.env.hubs.askAt(widest, request);
  return fuller.reply.ok ? fuller.reply : reply;
}

/** A write that was sent on is taken where it arrives, or the hubs could send it in circles. */
function sentOn(request: HubRequest, redirects: number): HubRequest {
  switch (request.kind) {
    case "cluster-register":
    case "cluster-heartbeat":
    case "cluster-remove":
    case "cluster-drain":
    case "cluster-undrain":
    case "cluster-maintenance":
      return { ...request, assigned: true, redirects };
    default:
      return request;
  }
}

async function askElsewhere(c: Context<EdgeEnv>, target: Target, redirects: number, redirect: Reply): Promise<Reply> {
  const { deployment, hubs, network } = c.env;
  const to = await whereabouts(target.hub, deployment, hubs);
  if (!to) return redirect;
  const { method, raw, url: asked } = c.req;
  const headers = new Headers(raw.headers);
  headers.set(REDIRECTS_HEADER, String(redirects));
  const body = method === "GET" || method === "HEAD" ? null : await c.req.text();
  const again = new Request(asked, { method, headers, body });
  const edge = edgeName(deployment.region.id, deployment.hosted);
  const answer = await forward(again, to, { edge, clientPosition: network });
  return answer instanceof Response ? replyOf(answer) : answer;
}

function redirectsSoFar(c: Context<EdgeEnv>): number {
  const text = c.req.header(REDIRECTS_HEADER);
  return text !== undefined && /^[1-9]$/.test(text) ? Number(text) : 0;
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
