/** Asks, and follows a hub that says which other hub to ask. */
import type { Context } from "hono";
import { type Reply, refused } from "../../hub-core/common/problem.ts";
import type { DurationMs, HubId } from "../../hub-core/common/types.ts";
import type { Request as HubRequest } from "../../hub-core/hub/index.ts";
import type { EdgeEnv } from "../edge-env.ts";
import { edgeName, forward, regionUnreachable, replyOf } from "./forward.ts";
import type { Asked } from "./hubs.ts";
import { forwardedWithin } from "./patience.ts";
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

export interface AskOptions {
  /** How long a hub has to answer. */
  readonly withinMs?: DurationMs;
  /** Goes with a request that another edge is asked, when the client sent none. */
  readonly idempotencyKey?: string;
}

/** The first of the candidates that answers. */
export async function ask(c: Context<EdgeEnv>, question: HubRequest, options: AskOptions = {}): Promise<Reply> {
  return answeredBy(c, await followed(c, question, await c.env.hubs.ask(question, options.withinMs), options));
}

/** One hub, wherever it lives. */
export async function askHub(
  c: Context<EdgeEnv>,
  hub: HubId,
  question: HubRequest,
  options: AskOptions = {},
): Promise<Asked> {
  const { hubs, deployment, handover } = c.env;
  if (!deployment.hosted.includes(hub)) return askElsewhere(c, hub, handover.redirects, options);
  return followed(c, question, await hubs.askAt(hub, question, options.withinMs), options);
}

export function answeredBy(c: Context<EdgeEnv>, { hubId, reply }: Asked): Reply {
  c.header(HUB_HEADER, hubId);
  return reply;
}

async function followed(c: Context<EdgeEnv>, question: HubRequest, first: Asked, options: AskOptions): Promise<Asked> {
  const { hubs, deployment, handover } = c.env;
  let asked = first;
  // It is given for one hub, and never for another.
  if (question.kind === "proposal-vote") return first;
  for (let redirects = handover.redirects + 1; ; redirects++) {
    const target = redirectOf(asked.reply);
    if (target === null) return asked;
    if (redirects > MAX_REDIRECTS) return unsettled(target);
    if (!deployment.hosted.includes(target)) return askElsewhere(c, target, redirects, options);
    asked = await hubs.askAt(target, sentOn(question, redirects), options.withinMs);
  }
}

/** For what one hub of the region knows and the others do not: the first that does not answer 404. */
export async function askAny(c: Context<EdgeEnv>, question: HubRequest): Promise<Reply> {
  const reply = await ask(c, question);
  if (reply.ok || reply.problem.status !== 404) return reply;
  const others = await c.env.hubs.askEach(question);
  return others.find((other) => other.reply.ok)?.reply ?? reply;
}

/**
 * For records, which local hubs hold in full only of their own region: the nearest hub's when its region owns it, since that
 * hub may be the writer, else that of the hub that sees most of the federation.
 */
export async function askFullest(c: Context<EdgeEnv>, question: HubRequest): Promise<Reply> {
  const reply = await ask(c, question);
  const { candidates } = c.env.hubs;
  const widest = candidates.at(-1);
  const ownedHere = reply.ok && c.env.deployment.hosted.includes(String((reply.value as { hub_id?: unknown }).hub_id));
  if (widest === undefined || candidates.length === 1 || ownedHere) return reply;
  const fuller = await c.env.hubs.askAt(widest, question);
  return fuller.reply.ok ? fuller.reply : reply;
}

/** A write that was sent on is taken where it arrives, or the hubs could send it in circles. */
function sentOn(question: HubRequest, redirects: number): HubRequest {
  switch (question.kind) {
    case "cluster-register":
    case "cluster-heartbeat":
    case "cluster-remove":
    case "cluster-drain":
    case "cluster-undrain":
    case "cluster-maintenance":
      return { ...question, assigned: true, redirects };
    default:
      return question;
  }
}

async function askElsewhere(c: Context<EdgeEnv>, hub: HubId, redirects: number, options: AskOptions): Promise<Asked> {
  const answer = await handOn(c, hub, redirects, options);
  const reply = answer instanceof Response ? await replyOf(answer).catch((e) => regionUnreachable(hub, e)) : answer;
  const code = reply.ok ? null : reply.problem.code;
  // Of `hub_unknown`: the client named another hub, which is there.
  return code === "hub_unknown" || code === "owner_unsettled" ? unsettled(hub) : { hubId: hub, reply };
}

/** A new search, for another hub than the one that the client named: only the count of redirects goes on. */
export async function handOn(
  c: Context<EdgeEnv>,
  hub: HubId,
  redirects: number,
  { withinMs, idempotencyKey }: AskOptions = {},
): Promise<Response | Reply> {
  const { deployment, hubs, network: client, handovers } = c.env;
  const to = redirects > MAX_REDIRECTS ? null : await whereabouts(hub, deployment, hubs);
  if (!to) return unsettled(hub).reply;
  const { method, raw, url } = c.req;
  const headers = new Headers(raw.headers);
  if (idempotencyKey !== undefined) headers.set("idempotency-key", idempotencyKey);
  const body = method === "GET" || method === "HEAD" ? null : await c.req.text();
  const sender = {
    edge: edgeName(deployment.region.id, deployment.hosted),
    handovers,
    withinMs: withinMs ?? forwardedWithin(new URL(url).pathname, deployment.federation.settings.consensus),
  };
  return forward(new Request(url, { method, headers, body }), to, sender, { passed: [], redirects, client });
}

/** Hubs name each other for a moment while many write one cluster, or a hub has just gone. */
function unsettled(hubId: HubId): Asked {
  const detail = `the hubs do not agree yet which of them it is that answers; ${hubId} was named: try again`;
  return { hubId, reply: refused(503, "owner_unsettled", detail, { hub_id: hubId }) };
}

export function redirectOf(reply: Reply): HubId | null {
  if (reply.ok || reply.problem.code !== "redirect") return null;
  const { hub_id, region } = reply.problem.extra ?? {};
  return typeof hub_id === "string" && typeof region === "string" ? hub_id : null;
}
