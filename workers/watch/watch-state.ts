/** Changes of strong keys: one question that waits after the other, to a hub that lives here. */
import type { Context } from "hono";
import { type Reply, refused } from "../../hub-core/common/problem.ts";
import type { DurationMs, GroupId, HubId } from "../../hub-core/common/types.ts";
import type { Request as HubRequest } from "../../hub-core/hub/index.ts";
import type { EdgeEnv } from "../edge-env.ts";
import { problemBody } from "../http/index.ts";
import { groupUnknown, handOn, hostedMembers, membersOf, redirectOf } from "../hubs/index.ts";
import { EVENT_STREAM_TYPE, opening, parting, told } from "./event-stream.ts";
import type { Changes } from "./schemas.ts";

/** Also how often a client hears that it is still connected. */
const WAIT_MS: DurationMs = 15_000;
const MARGIN_MS: DurationMs = 2_000;
/** The platform lets one request ask a thousand times: the client comes back. */
const MAX_POLLS = 500;
const CHANGES_AT_ONCE = 100;
const MAX_EDGES = 2;

interface Watched {
  readonly group: GroupId;
  readonly prefix: string;
  /** Undefined: from now on. */
  readonly since: number | undefined;
}

/** The stream; or why there is none: 410 `compacted` when the changes since are no longer known. */
export async function watchState(c: Context<EdgeEnv>, watched: Watched): Promise<Response | Reply> {
  const { addressed, deployment, handover } = c.env;
  const here = addressed === null ? hostedMembers(watched.group, deployment) : [addressed];
  if (here.length === 0) return elsewhere(c, watched.group);
  const watch = new Watch(c, here, watched);
  const begun = await watch.begin();
  const target = redirectOf(begun);
  if (target === null) return begun.ok ? watch.stream(begun.value) : begun;
  if (deployment.hosted.includes(target)) {
    const there = new Watch(c, [target], watched);
    const again = await there.begin();
    return again.ok ? there.stream(again.value) : again;
  }
  return handOn(c, target, handover.redirects + 1);
}

/** The whole stream comes from another edge, the first that has one. */
async function elsewhere(c: Context<EdgeEnv>, group: GroupId): Promise<Response | Reply> {
  const { deployment, hubs, handover } = c.env;
  let refusal: Reply | null = null;
  let tries = 0;
  for await (const member of membersOf(group, deployment, hubs)) {
    const answer = await handOn(c, member, handover.redirects);
    if (answer instanceof Response) return answer;
    refusal ??= answer;
    if (++tries === MAX_EDGES) break;
  }
  return refusal ?? groupUnknown(group, deployment, hubs);
}

class Watch {
  readonly #c: Context<EdgeEnv>;
  readonly #watched: Watched;
  /** The one that answered last is asked first. */
  #order: readonly HubId[];
  #polls = 0;

  constructor(c: Context<EdgeEnv>, order: readonly HubId[], watched: Watched) {
    this.#c = c;
    this.#order = order;
    this.#watched = watched;
  }

  async begin(): Promise<Reply<Changes>> {
    const since = this.#watched.since ?? (await this.#now());
    return typeof since === "number" ? this.#poll(since, 0) : since;
  }

  stream(first: Changes): Response {
    const text = new TextEncoder();
    let since = first.revision;
    const stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          const before = this.#watched.since ?? since;
          controller.enqueue(text.encode(opening(before) + (first.changes.length > 0 ? told(first) : "")));
        },
        pull: async (controller) => {
          if (++this.#polls > MAX_POLLS) return controller.close();
          const reply = await this.#poll(since, WAIT_MS);
          if (!reply.ok) {
            controller.enqueue(text.encode(parting(problemBody(reply.problem))));
            return controller.close();
          }
          since = reply.value.revision;
          controller.enqueue(text.encode(told(reply.value)));
        },
      },
      // Nobody is asked before the client reads.
      { highWaterMark: 0 },
    );
    return new Response(stream, { headers: { "content-type": EVENT_STREAM_TYPE, "cache-control": "no-store" } });
  }

  async #poll(since: number, waitMs: DurationMs): Promise<Reply<Changes>> {
    const { group, prefix } = this.#watched;
    const limit = CHANGES_AT_ONCE;
    const reply = await this.#ask({ kind: "state-watch", group, prefix, since, waitMs, limit }, waitMs);
    return reply as Reply<Changes>;
  }

  /** The revision that the group is at, as far as a hub has heard: what comes after has not been answered for yet. */
  async #now(): Promise<number | Reply<never>> {
    const { group, prefix } = this.#watched;
    const reply = await this.#ask({ kind: "state-list", group, prefix, limit: 1, consistency: "stale" }, 0);
    return reply.ok ? (reply.value as { readonly revision: number }).revision : reply;
  }

  /** The first that answers, and has not left. */
  async #ask(question: HubRequest, waitMs: DurationMs): Promise<Reply> {
    let refusal: Reply | null = null;
    for (const hub of this.#order) {
      const { reply } = await this.#c.env.hubs.askAt(hub, question, waitMs + MARGIN_MS);
      const passed = !reply.ok && ["hub_left", "hub_unreachable"].includes(reply.problem.code);
      if (passed) refusal ??= reply;
      else {
        this.#order = [hub, ...this.#order.filter((other) => other !== hub)];
        return reply;
      }
    }
    return refusal ?? refused(503, "hub_unreachable", "no hub here could answer");
  }
}
