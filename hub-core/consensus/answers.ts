/** From what an edge asks to what goes into the log, and from the state to what it is told. */
import { answered, type Reply } from "../common/problem.ts";
import { hash32 } from "../common/random.ts";
import { inMillionths } from "../common/required-votes.ts";
import type { Json } from "../common/types.ts";
import type { Command, Operation } from "../wire/log.ts";
import type { GroupState } from "./group-state.ts";
import type { ConsensusRequest } from "./requests.ts";

export type WriteRequest = Extract<
  ConsensusRequest,
  {
    kind:
      | "proposal-create"
      | "proposal-vote"
      | "proposal-withdraw"
      | "state-put"
      | "state-delete"
      | "lease-grant"
      | "lease-renew"
      | "lease-revoke";
  }
>;
export type ReadRequest = Extract<
  ConsensusRequest,
  { kind: "state-get" | "state-list" | "proposal-get" | "lease-get" }
>;

const writes: ReadonlySet<string> = new Set<WriteRequest["kind"]>([
  "proposal-create",
  "proposal-vote",
  "proposal-withdraw",
  "state-put",
  "state-delete",
  "lease-grant",
  "lease-renew",
  "lease-revoke",
]);

export function isWrite(request: ConsensusRequest): request is WriteRequest {
  return writes.has(request.kind);
}

/** What only the hub knows. */
export interface Naming {
  /** A name that nothing else has. */
  readonly fresh: (prefix: string) => string;
  readonly self: string;
  readonly proposalTimeoutMs: number;
  /** Pending at most, for one of this key to be taken. */
  readonly maxProposals: (key: string) => number;
}

export function operationOf(request: WriteRequest, naming: Naming): Operation {
  switch (request.kind) {
    case "state-put": {
      const { key, value, expect = null, fence = null, lease = null } = request;
      return { kind: "put", key, value: JSON.stringify(value), expect, fence, lease };
    }
    case "state-delete":
      return { kind: "delete", key: request.key, expect: request.expect ?? null, fence: request.fence ?? null };
    case "lease-grant":
      return { kind: "lease-grant", lease: naming.fresh("lease"), ttlMs: request.ttlMs };
    case "lease-renew":
    case "lease-revoke":
      return { kind: request.kind, lease: request.lease };
    case "proposal-create":
      return {
        kind: "propose",
        proposalId: naming.fresh(request.proposalKind),
        kindOfProposal: request.proposalKind,
        key: request.key,
        value: JSON.stringify(request.value),
        expect: request.expect ?? null,
        threshold: inMillionths(request.threshold ?? 0),
        timeoutMs: Math.round(request.timeoutMs ?? naming.proposalTimeoutMs),
        maxPending: naming.maxProposals(request.key),
      };
    case "proposal-vote":
      return {
        kind: "vote",
        proposalId: request.proposalId,
        voter: naming.self,
        vote: request.vote,
        reason: request.reason ?? null,
        byOperator: true,
      };
    case "proposal-withdraw":
      return { kind: "withdraw", proposalId: request.proposalId };
  }
}

/** What a request asks for, without the names that each attempt draws afresh. */
export function idempotencyOf(request: WriteRequest): Command["idempotency"] {
  const key = "idempotencyKey" in request ? request.idempotencyKey : undefined;
  if (key === undefined) return null;
  const { idempotencyKey: _, ...asked } = request as WriteRequest & { idempotencyKey?: string };
  const text = JSON.stringify(asked, Object.keys(flatten(asked)).sort());
  return { key, request: `${hash32(text).toString(16)}${hash32(text, 1).toString(16)}${text.length.toString(16)}` };
}

/** Every name in it, at any depth: `JSON.stringify` leaves out, and orders by, what such a list says. */
function flatten(value: unknown, names: Record<string, true> = {}): Record<string, true> {
  if (typeof value !== "object" || value === null) return names;
  for (const [name, inner] of Object.entries(value)) {
    if (!Array.isArray(value)) names[name] = true;
    flatten(inner, names);
  }
  return names;
}

/** Stored replies leave out what the request said: it need not be in every hub's memory. */
export function completed(request: WriteRequest, reply: Reply, state: GroupState): Reply {
  switch (request.kind) {
    case "proposal-create":
    case "proposal-vote":
    case "proposal-withdraw":
      return state.withValue(reply);
    case "state-put":
      return reply.ok ? { ...reply, value: { ...(reply.value as Record<string, Json>), value: request.value } } : reply;
    default:
      return reply;
  }
}

export function read(request: ReadRequest, state: GroupState): Reply {
  switch (request.kind) {
    case "state-get":
      return withConsistency(state.keyValues.get(request.key), request.consistency);
    case "state-list":
      return withConsistency(state.keyValues.list(request), request.consistency);
    case "lease-get":
      return state.keyValues.lease(request.lease);
    case "proposal-get":
      return state.proposal(request.proposalId);
  }
}

function withConsistency(reply: Reply, consistency: string): Reply {
  return reply.ok ? answered({ ...(reply.value as object), consistency }, reply.status) : reply;
}
