import { z } from "@hono/zod-openapi";
import { MAX_PROPOSAL_MS } from "../../hub-core/consensus/limits.ts";
import { PROPOSAL_KINDS, VOTES } from "../../hub-core/wire/log.ts";
import { anyJson, cursorSchema, idSchema, limitSchema } from "../http/index.ts";
import { keySchema } from "../state/index.ts";

const REASON_LENGTH = 256;

export const groupStatusSchema = z
  .looseObject({
    role: z.string(),
    term: z.int(),
    leader: z.string().nullable(),
    voters: z.array(z.string()),
    learners: z.array(z.string()),
    threshold: z.number(),
    required_votes: z.int(),
    commit_index: z.int(),
    applied_index: z.int(),
    log_entries: z.int(),
    snapshot_index: z.int(),
    quiesced: z.boolean(),
  })
  .openapi("ConsensusGroup");

export const consensusStatusSchema = z
  .looseObject({ groups: z.record(z.string(), groupStatusSchema) })
  .openapi("ConsensusStatus");

export const createProposalSchema = z
  .strictObject({
    group: idSchema.optional().openapi({
      description:
        "global, or a region. When not given: global; under /hubs/{hub_id} the region, where that hub is no member of global",
    }),
    kind: z.enum(PROPOSAL_KINDS).openapi({
      description: "write: decided by the acknowledgements of the hubs. ballot: by their votes",
    }),
    key: keySchema,
    value: anyJson,
    expect: z
      .strictObject({ version: z.int().min(0).openapi({ description: "0: the key is absent" }) })
      .optional()
      .openapi({ description: "Committed only where the key has this version" }),
    threshold: z
      .number()
      .gt(0)
      .max(1)
      .optional()
      .openapi({ description: "Of the voters; never less than a majority, nor than the group's own" }),
    timeout_ms: z.int().min(100).max(MAX_PROPOSAL_MS).optional(),
  })
  .refine(({ value }) => value !== undefined, { path: ["value"], message: "is missing: any JSON, also null" })
  .openapi("ProposalCreate");

export const proposalSchema = z
  .looseObject({
    proposal_id: z.string(),
    group: z.string(),
    proposer: z.string(),
    kind: z.enum(PROPOSAL_KINDS),
    key: z.string(),
    value: anyJson,
    state: z.enum(["pending", "committed", "rejected", "expired"]),
    threshold: z.number(),
    required_votes: z.int(),
    votes: z.array(
      z.looseObject({
        hub_id: z.string(),
        vote: z.enum(VOTES),
        reason: z.string().nullish(),
        at: z.iso.datetime(),
      }),
    ),
    created_at: z.iso.datetime(),
    expires_at: z.iso.datetime(),
    decided_at: z.iso.datetime().nullish(),
    index: z.int().nullish(),
  })
  .openapi("Proposal");

export const proposalsQuerySchema = z.object({
  state: z.enum(["active", "decided"]).optional(),
  group: idSchema.optional().openapi({ description: "Of this group only, whichever hubs it takes to ask" }),
  limit: limitSchema,
  cursor: cursorSchema,
});

export const proposalPageSchema = z
  .looseObject({ proposals: z.array(proposalSchema), next_cursor: z.string().nullable() })
  .openapi("ProposalPage");

export const voteSchema = z
  .strictObject({ vote: z.enum(VOTES), reason: z.string().min(1).max(REASON_LENGTH).optional() })
  .openapi("Vote");

export const votesQuerySchema = z.object({
  group: idSchema.optional().openapi({ description: "Of this group only, whichever hubs it takes to ask" }),
});

export const voteStatisticsSchema = z
  .looseObject({
    voters: z.array(
      z.looseObject({
        hub_id: z.string(),
        group: z.string(),
        yes: z.int(),
        no: z.int(),
        missed: z.int(),
        median_latency_ms: z.number().nullable(),
        last_vote: z.looseObject({ proposal_id: z.string(), vote: z.enum(VOTES), at: z.iso.datetime() }).nullable(),
      }),
    ),
  })
  .openapi("VoteStatistics");
