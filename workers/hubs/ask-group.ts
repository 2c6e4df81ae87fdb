/** Asks what a group agrees on: of the hub that the path names, else of the group's members. */
import type { Context } from "hono";
import type { Reply } from "../../hub-core/common/problem.ts";
import type { GroupId, HubId } from "../../hub-core/common/types.ts";
import type { Request as HubRequest } from "../../hub-core/hub/index.ts";
import type { EdgeEnv } from "../edge-env.ts";
import { askInTurn, type TurnOptions } from "./ask-in-turn.ts";
import { groupUnknown, membersOf } from "./members.ts";
import { agreementWithin } from "./patience.ts";

type GroupOptions = Omit<TurnOptions, "withinMs"> & { readonly withinMs?: TurnOptions["withinMs"] };

/**
 * A write should carry `writeKey`: then a member that does not answer is passed over for the next. 404 `group_unknown`; for a write
 * 504 `outcome_unknown` when nobody said how it ended.
 */
export async function askGroup(
  c: Context<EdgeEnv>,
  group: GroupId,
  question: HubRequest,
  options: GroupOptions,
): Promise<Reply> {
  const { addressed, deployment, hubs } = c.env;
  const patient = { withinMs: agreementWithin(deployment.federation.settings.consensus), ...options };
  if (addressed !== null) return askInTurn(c, [addressed], question, patient);
  const members = membersOf(group, deployment, hubs);
  const nearest = await members.next();
  if (nearest.done) return groupUnknown(group, deployment, hubs);
  return askInTurn(c, startingWith(nearest.value, members), question, patient);
}

/** The client's own key, or one for this request alone: members that are asked both apply it once. */
export function writeKey(c: Context<EdgeEnv>): string {
  return c.req.header("idempotency-key") ?? crypto.randomUUID();
}

async function* startingWith(first: HubId, others: AsyncIterable<HubId>): AsyncGenerator<HubId> {
  yield first;
  yield* others;
}
