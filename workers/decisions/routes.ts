/** The configuration as it is in force, and the part of it that the federation may agree on anew. */
import { OpenAPIHono, type z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { type Reply, refused } from "../../hub-core/common/problem.ts";
import type { DurationMs, Json } from "../../hub-core/common/types.ts";
import { CONFIG_KEY } from "../../hub-core/hub/index.ts";
import { GLOBAL_GROUP } from "../../hub-core/wire/log.ts";
import type { EdgeEnv } from "../edge-env.ts";
import { refuseInvalid, sendProblem } from "../http/index.ts";
import { ask, askGroup, writeKey } from "../hubs/index.ts";
import { getConfig, putConfig } from "./descriptions.ts";
import type { configSchema, decidedSchema } from "./schemas.ts";

/** Hubs give their votes a second after a ballot is opened: operators may speak for them before. */
const DECIDED_WITHIN_MS: DurationMs = 6_000;
const LOOK_AGAIN_MS: DurationMs = 200;

interface Proposal {
  readonly proposal_id: string;
  readonly state: "pending" | "committed" | "rejected" | "expired";
  readonly votes: readonly { readonly hub_id: string; readonly vote: string; readonly reason?: string }[];
}

export const decisionsRoutes = new OpenAPIHono<EdgeEnv>({ defaultHook: refuseInvalid })
  .openapi(getConfig, async (c) => {
    const reply = await ask(c, { kind: "config" });
    if (!reply.ok) return sendProblem(c, reply.problem);
    return c.json(reply.value as z.output<typeof configSchema>, 200);
  })
  .openapi(putConfig, async (c) => {
    const reply = await decide(c, CONFIG_KEY, c.req.valid("json") as Json);
    if (!reply.ok) return sendProblem(c, reply.problem);
    return c.json(reply.value as z.output<typeof decidedSchema>, reply.status === 200 ? 200 : 202);
  });

/** Put to the vote, and waited for: 200 once it is in force, 202 while it is open, 409 `rejected` with the reasons. */
async function decide(c: Context<EdgeEnv>, key: string, value: Json): Promise<Reply> {
  const idempotencyKey = writeKey(c);
  const ballot = { kind: "proposal-create", proposalKind: "ballot", group: GLOBAL_GROUP, key, value } as const;
  const opened = await askGroup(c, GLOBAL_GROUP, { ...ballot, idempotencyKey }, { effect: "write", idempotencyKey });
  if (!opened.ok) return opened;
  const { proposal_id: proposalId } = opened.value as Proposal;
  const until = Date.now() + DECIDED_WITHIN_MS;
  for (;;) {
    const seen = await askGroup(c, GLOBAL_GROUP, { kind: "proposal-get", proposalId }, { effect: "read" });
    const proposal = (seen.ok ? seen.value : opened.value) as Proposal;
    if (proposal.state === "committed") return { ok: true, status: 200, value: proposal };
    if (proposal.state !== "pending") return refusedBy(proposal);
    if (Date.now() >= until) return { ok: true, status: 202, value: proposal };
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}

function refusedBy({ proposal_id, state, votes }: Proposal): Reply {
  const against = votes
    .filter(({ vote }) => vote === "no")
    .map(({ hub_id, reason }) => `${hub_id}: ${reason ?? "no reason"}`);
  const detail = `the hubs did not agree (${state}); nothing has changed. ${against.join("; ")}`.trim();
  return refused(409, state, detail, { proposal_id });
}
