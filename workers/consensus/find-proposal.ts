/** A proposal is known to the members of its group, and its id does not say which that is. */
import type { Context } from "hono";
import { type Reply, refused } from "../../hub-core/common/problem.ts";
import type { HubId } from "../../hub-core/common/types.ts";
import type { EdgeEnv } from "../edge-env.ts";
import { agreementWithin, askHub, askInTurn, broadestFirst, spokesmenElsewhere } from "../hubs/index.ts";

const UNKNOWN = "proposal_unknown";
const ELSEWHERE_WITHIN_MS = 5_000;

/**
 * From the hubs that live here, then from a hub of each other region, all at once. 404 `proposal_unknown` when none of them knows it,
 * with those that did not say, as one of them may.
 */
export async function findProposal(c: Context<EdgeEnv>, proposalId: string): Promise<Reply> {
  const question = { kind: "proposal-get", proposalId } as const;
  const { addressed, deployment, hubs } = c.env;
  const order = addressed === null ? broadestFirst(deployment) : [addressed];
  const withinMs = agreementWithin(deployment.federation.settings.consensus);
  const here = await askInTurn(c, order, question, { effect: "read", withinMs, passOn: [UNKNOWN] });
  if (addressed !== null || here.ok || here.problem.code !== UNKNOWN) return here;
  const others = await spokesmenElsewhere(deployment, hubs);
  const heard = await Promise.all(others.map((hub) => askHub(c, hub, question, { withinMs: ELSEWHERE_WITHIN_MS })));
  const found = heard.find(({ reply }) => reply.ok)?.reply;
  if (found) return found;
  const silent = heard.flatMap(({ hubId, reply }) => (!reply.ok && reply.problem.code !== UNKNOWN ? [hubId] : []));
  const detail = `no hub knows a proposal ${proposalId}, or all have forgotten it`;
  if (silent.length === 0) return refused(404, UNKNOWN, detail);
  return refused(404, UNKNOWN, `${detail}; ${silent.join(", ")} did not say`, { silent });
}

/** The hubs that live here and have a vote in it, the nearest first; when there is none all of them, one of which may say why. */
export async function votersHere(c: Context<EdgeEnv>, proposalId: string): Promise<readonly HubId[]> {
  const { candidates } = c.env.hubs;
  const known = await findProposal(c, proposalId);
  if (!known.ok) return candidates;
  const { voters, joint } = known.value as {
    readonly voters: readonly HubId[];
    readonly joint?: { voters: readonly HubId[] };
  };
  const electorate = [...voters, ...(joint?.voters ?? [])];
  const here = candidates.filter((hub) => electorate.includes(hub));
  return here.length > 0 ? here : candidates;
}
