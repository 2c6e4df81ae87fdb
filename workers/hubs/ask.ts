/** Asks, and follows a hub that says which other hub to ask. */
import type { Context } from "hono";
import { type Reply, refused } from "../../hub-core/common/problem.ts";
import type { HubId, RegionId } from "../../hub-core/common/types.ts";
import type { Request as HubRequest } from "../../hub-core/hub/index.ts";
import type { EdgeEnv } from "../edge-env.ts";
import { edgeName, forward, replyOf } from "./forward.ts";
import { whereabouts } from "./whereabouts.ts";

const MAX_REDIRECTS = 3;
/** Who answered, for people with a question about it. */
const HUB_HEADER = "x-mpreg-hub";

/** What the headers of a write say about it. */
export function writeOptions(c: Context<EdgeEnv>): { idempotencyKey?: string; assigned?: boolean; redirects?: number } {
  const key = c.req.header("idempotency-key");
  const { redirects } = c.env.handover;
  return {
    ...(key === undefined ? {} : { idempotencyKey: key }),
    ...(redirects > 0 ? { assigned: true, redirects } : {}),
  };
}

export async function ask(c: Context<EdgeEnv>, request: HubRequest): Promise<Reply> {
  const { hubs, deployment, handover } = c.env;
  let asked = await hubs.ask(request);
  for (let redirects = handover.redirects + 1; ; redirects++) {
    const target = redirectOf(asked.reply);
    if (!target) break;
    if (redirects > MAX_REDIRECTS) return unsettled(c, target.hub);
    if (!deployment.hosted.includes(target.hub)) return askElsewhere(c, target, redirects);
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

/** A new search, for another hub than the one that the client named: only the count of redirects goes on. */
async function askElsewhere(c: Context<EdgeEnv>, target: Target, redirects: number): Promise<Reply> {
  const { deployment, hubs, network: client, handovers } = c.env;
  const to = await whereabouts(target.hub, deployment, hubs);
  if (!to) return unsettled(c, target.hub);
  const { method, raw, url } = c.req;
  const body = method === "GET" || method === "HEAD" ? null : await c.req.text();
  const again = new Request(url, { method, headers: raw.headers, body });
  const edge = edgeName(deployment.region.id, deployment.hosted);
  const answer = await forward(again, to, { edge, handovers }, { passed: [], redirects, client });
  const reply = answer instanceof Response ? await replyOf(answer) : answer;
  const code = reply.ok ? null : reply.problem.code;
  // Of `hub_unknown`: the client named another hub, which is there.
  return code === "hub_unknown" || code === "owner_unsettled" ? unsettled(c, target.hub) : reply;
}

/** Hubs name each other for a moment while many write one cluster, or its hub has just gone. */
function unsettled(c: Context<EdgeEnv>, hub: HubId): Reply {
  c.header("retry-after", "1");
  const detail = `the hubs do not agree yet which of them owns the cluster; ${hub} was named: try again`;
  return refused(503, "owner_unsettled", detail, { hub_id: hub });
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
