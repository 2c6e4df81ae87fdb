/** What the hubs of a group decide together, and how they voted. */
import { OpenAPIHono, type z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { type Problem, type Reply, refused } from "../../hub-core/common/problem.ts";
import type { GroupId, Json } from "../../hub-core/common/types.ts";
import { type Request as HubRequest, RESERVED } from "../../hub-core/hub/index.ts";
import { GLOBAL_GROUP, VALUE_BYTES } from "../../hub-core/wire/log.ts";
import { requires } from "../auth/index.ts";
import type { EdgeEnv } from "../edge-env.ts";
import { invalid, jsonBytes, jsonFault, refuseInvalid, sendProblem } from "../http/index.ts";
import { agreementWithin, askGroup, askInTurn, broadestFirst, writeKey } from "../hubs/index.ts";
import {
  deleteProposal,
  getConsensusStatus,
  getProposal,
  getVoteStatistics,
  listProposals,
  postProposal,
  postVote,
} from "./descriptions.ts";
import { findProposal } from "./find-proposal.ts";
import type {
  consensusStatusSchema,
  createProposalSchema,
  proposalPageSchema,
  proposalSchema,
  voteStatisticsSchema,
} from "./schemas.ts";

export const consensusRoutes = new OpenAPIHono<EdgeEnv>({ defaultHook: refuseInvalid })
  .openapi(getConsensusStatus, async (c) => {
    const { group } = c.req.valid("query");
    const reply = await look(c, group, { kind: "consensus-status" });
    if (!reply.ok) return sendProblem(c, reply.problem);
    const status = reply.value as z.output<typeof consensusStatusSchema>;
    if (group === undefined) return c.json(status, 200);
    const groups = only(group, status.groups);
    return groups ? c.json({ groups }, 200) : sendProblem(c, notOf(group, status.groups));
  })
  .openapi(postProposal, async (c) => {
    const proposal = c.req.valid("json");
    const forbidden = await forbiddenKey(c, proposal.key);
    if (forbidden) return forbidden as never;
    const reply = await propose(c, proposal);
    if (!reply.ok) return sendProblem(c, reply.problem);
    return c.json(reply.value as z.output<typeof proposalSchema>, reply.status === 201 ? 201 : 202);
  })
  .openapi(listProposals, async (c) => {
    const { group, state, cursor, limit } = c.req.valid("query");
    const filter = { ...(group && { group }), ...(state && { state }), ...(cursor && { cursor }) };
    const reply = await look(c, group, { kind: "proposal-list", limit, ...filter });
    if (!reply.ok) return sendProblem(c, reply.problem);
    return c.json(reply.value as z.output<typeof proposalPageSchema>, 200);
  })
  .openapi(getProposal, async (c) => {
    const reply = await findProposal(c, c.req.valid("param").id);
    if (!reply.ok) return sendProblem(c, reply.problem);
    return c.json(reply.value as z.output<typeof proposalSchema>, 200);
  })
  .openapi(deleteProposal, async (c) => {
    const proposalId = c.req.valid("param").id;
    const known = await findProposal(c, proposalId);
    if (!known.ok) return sendProblem(c, known.problem);
    const { group, key } = known.value as z.output<typeof proposalSchema>;
    const forbidden = await forbiddenKey(c, key);
    if (forbidden) return forbidden as never;
    const idempotencyKey = writeKey(c);
    const question = { kind: "proposal-withdraw", proposalId, idempotencyKey } as const;
    const reply = await askGroup(c, group, question, { effect: "write", idempotencyKey });
    if (!reply.ok) return sendProblem(c, reply.problem);
    return c.json(reply.value as z.output<typeof proposalSchema>, 200);
  })
  .openapi(postVote, async (c) => {
    const { vote, reason } = c.req.valid("json");
    const { hubs, deployment } = c.env;
    const idempotencyKey = writeKey(c);
    const proposalId = c.req.valid("param").id;
    const question = { kind: "proposal-vote", proposalId, vote, ...(reason && { reason }), idempotencyKey } as const;
    // Given for one hub: another one is asked only when that one has no part in the proposal.
    const reply = await askInTurn(c, hubs.candidates, question, {
      withinMs: agreementWithin(deployment.federation.settings.consensus),
      effect: "write-once",
      idempotencyKey,
      passOn: ["proposal_unknown"],
    });
    if (!reply.ok) return sendProblem(c, reply.problem);
    return c.json(reply.value as z.output<typeof proposalSchema>, 200);
  })
  .openapi(getVoteStatistics, async (c) => {
    const { group } = c.req.valid("query");
    const reply = await look(c, group, { kind: "vote-statistics", ...(group && { group }) });
    if (!reply.ok) return sendProblem(c, reply.problem);
    return c.json(reply.value as z.output<typeof voteStatisticsSchema>, 200);
  });

/** What the federation decides about itself. */
const adminsOnly = requires("admin");

type Groups = z.output<typeof consensusStatusSchema>["groups"];

function only(group: GroupId, groups: Groups): Groups | null {
  const found = Object.entries(groups).filter(([id]) => id === group);
  return found.length === 0 ? null : Object.fromEntries(found);
}

/** Of a hub that the path names. */
function notOf(group: GroupId, groups: Groups): Problem {
  const known = Object.keys(groups);
  const detail = `this hub is no member of a group named ${group}; its groups: ${known.join(", ")}`;
  return { status: 404, code: "group_unknown", detail, extra: { groups: known } };
}

/** The refusal, when it takes more than an operator. */
async function forbiddenKey(c: Context<EdgeEnv>, key: string): Promise<Response | undefined> {
  return (key.startsWith(RESERVED) && (await adminsOnly(c, async () => {}))) || undefined;
}

/** Without a group: of the hub here that is a member of most. */
function look(c: Context<EdgeEnv>, group: GroupId | undefined, question: HubRequest): Promise<Reply> {
  const { addressed, deployment } = c.env;
  if (group !== undefined) return askGroup(c, group, question, { effect: "read" });
  const order = addressed === null ? broadestFirst(deployment) : [addressed];
  const withinMs = agreementWithin(deployment.federation.settings.consensus);
  return askInTurn(c, order, question, { effect: "read", withinMs });
}

async function propose(c: Context<EdgeEnv>, proposal: z.output<typeof createProposalSchema>): Promise<Reply> {
  const { kind, key, expect, threshold, timeout_ms: timeoutMs } = proposal;
  const value = proposal.value as Json;
  const tooDeep = jsonFault(value, Number.POSITIVE_INFINITY);
  if (tooDeep !== null) return { ok: false, problem: invalid([{ path: "value", message: tooDeep }]) };
  const bytes = jsonBytes(value);
  if (bytes > VALUE_BYTES) {
    const detail = `the value has ${bytes} bytes of JSON, and ${VALUE_BYTES} fit`;
    return refused(413, "value_too_large", detail, { limit: VALUE_BYTES, bytes });
  }
  const { addressed, deployment } = c.env;
  // Of two hubs that are asked in turn, both must take it for the same group's.
  const group = proposal.group ?? (addressed === null ? GLOBAL_GROUP : undefined);
  const idempotencyKey = writeKey(c);
  const question = {
    kind: "proposal-create",
    proposalKind: kind,
    key,
    value,
    idempotencyKey,
    ...(group && { group }),
    ...(expect && { expect }),
    ...(threshold !== undefined && { threshold }),
    ...(timeoutMs !== undefined && { timeoutMs }),
  } as const;
  // A ballot goes on without whoever proposed it: until it is opened is all that is waited for.
  const waitMs = kind === "write" ? timeoutMs : undefined;
  const withinMs = agreementWithin(deployment.federation.settings.consensus, waitMs);
  return askGroup(c, group ?? GLOBAL_GROUP, question, { effect: "write", idempotencyKey, withinMs });
}
