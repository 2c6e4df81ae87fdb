/** Hands a request on to the region where its hub lives. */
import { type Reply, refused } from "../../hub-core/common/problem.ts";
import type { DurationMs, HubId, RegionId } from "../../hub-core/common/types.ts";
import type { Handover, Handovers } from "./handover.ts";

const MAX_FORWARDS = 3;
/** Cloudflare says so of an origin that refuses connections, or to which no road leads. */
const NOT_REACHED: readonly number[] = [521, 523];

export interface Destination {
  readonly hub: HubId;
  readonly region: RegionId;
  /** Base URL of the edge in front of it: http or https. */
  readonly url: string;
}

export interface Sender {
  /** Names this edge among all others: `edgeName`. */
  readonly edge: string;
  readonly handovers: Handovers;
  /** How long it waits for the whole answer; of a stream, for its beginning. */
  readonly withinMs: DurationMs;
}

/** A hub lives behind one edge, so any of an edge's hubs tells it from the others, also from those of its region. */
export function edgeName(region: RegionId, hosted: readonly HubId[]): string {
  return `${region}/${hosted[0] ?? ""}`;
}

/** `request` is as the client sent it, with its path under the hub's prefix. Refuses to go in circles. */
export async function forward(
  request: Request,
  to: Destination,
  from: Sender,
  said: Handover,
): Promise<Response | Reply<never>> {
  const { passed } = said;
  if (passed.includes(from.edge) || passed.length >= MAX_FORWARDS) {
    const detail = `hub ${to.hub} was looked for at ${[...passed, from.edge].join(" → ")} and is at none of them`;
    return refused(404, "hub_unknown", detail);
  }
  const headers = new Headers(request.headers);
  await from.handovers.write(headers, to.hub, { ...said, passed: [...passed, from.edge] });
  const { pathname, search } = new URL(request.url);
  const url = `${to.url}/hubs/${encodeURIComponent(to.hub)}${pathname}${search}`;
  try {
    const { method, body } = request;
    const late = AbortSignal.timeout(from.withinMs);
    const given = new AbortController();
    const giveUp = (): void => given.abort(late.reason);
    late.addEventListener("abort", giveUp);
    const answer = await fetch(url, { method, headers, body, signal: given.signal, redirect: "manual" });
    if (answer.headers.get("content-type")?.startsWith("text/event-stream")) late.removeEventListener("abort", giveUp);
    return answer;
  } catch (error) {
    return regionUnreachable(to.hub, error, to.region);
  }
}

/** Whether the hub acted, nobody here knows, unless `reached` is false: there was nobody to send it to. */
export function regionUnreachable(hub: HubId, error: unknown, region: RegionId | null = null): Reply<never> {
  console.warn(JSON.stringify({ level: "warn", event: "region_unreachable", hub, region, error: String(error) }));
  const where = region === null ? "the edge" : `the edge of region ${region},`;
  return refused(503, "region_unreachable", `${where} where hub ${hub} lives, does not answer`, {
    hub_id: hub,
    region,
    ...(/refused/i.test(String(error)) && { reached: false }),
  });
}

/** An answer of another edge, as one of our hubs would have given it. */
export async function replyOf(response: Response): Promise<Reply> {
  const text = await response.text();
  const value: unknown = text === "" ? null : parse(text);
  if (value === undefined) {
    const detail = "the other region's edge answered something else";
    return refused(503, "region_unreachable", detail, NOT_REACHED.includes(response.status) ? { reached: false } : {});
  }
  if (response.ok) return { ok: true, status: response.status, value };
  const { type: _type, title: _title, status, detail, code, ...extra } = value as Record<string, unknown>;
  return refused(Number(status ?? response.status), String(code ?? "refused"), String(detail ?? ""), extra);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
