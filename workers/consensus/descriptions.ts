/** The operations on proposals as OpenAPI describes them. */
import { createRoute, z } from "@hono/zod-openapi";
import { requires } from "../auth/index.ts";
import { body, idempotencyHeader, idSchema, json, problems, secured } from "../http/index.ts";
import {
  consensusStatusSchema,
  createProposalSchema,
  proposalPageSchema,
  proposalSchema,
  proposalsQuerySchema,
  voteSchema,
  voteStatisticsSchema,
  votesQuerySchema,
} from "./schemas.ts";

const params = z.object({ id: idSchema });
const read = { tags: ["Consensus"], security: secured, middleware: requires("viewer") };
const write = { tags: ["Consensus"], security: secured, middleware: requires("operator") };

export const getConsensusStatus = createRoute({
  ...read,
  method: "get",
  path: "/api/consensus/status",
  summary: "The groups of this hub: who leads, who votes, how far they are",
  request: { query: votesQuerySchema },
  responses: { 200: json(consensusStatusSchema, "By group"), ...problems },
});

export const postProposal = createRoute({
  ...write,
  method: "post",
  path: "/api/consensus/proposals",
  summary: "Propose a value for a key: agreed by the hubs at once, or put to their vote",
  request: { headers: idempotencyHeader, body: body(createProposalSchema) },
  responses: { 201: json(proposalSchema, "Decided"), 202: json(proposalSchema, "Pending"), ...problems },
});

export const listProposals = createRoute({
  ...read,
  method: "get",
  path: "/api/consensus/proposals",
  summary: "Proposals of this hub's groups, the newest first, page by page",
  request: { query: proposalsQuerySchema },
  responses: { 200: json(proposalPageSchema, "One page"), ...problems },
});

export const getProposal = createRoute({
  ...read,
  method: "get",
  path: "/api/consensus/proposals/{id}",
  summary: "One proposal, of whichever group",
  request: { params },
  responses: { 200: json(proposalSchema, "The proposal"), ...problems },
});

export const deleteProposal = createRoute({
  ...write,
  method: "delete",
  path: "/api/consensus/proposals/{id}",
  summary: "Withdraw a proposal that is still pending; one under mpreg/ takes the role admin",
  request: { params, headers: idempotencyHeader },
  responses: { 200: json(proposalSchema, "Rejected, with the reason withdrawn"), ...problems },
});

export const postVote = createRoute({
  ...write,
  method: "post",
  path: "/api/consensus/proposals/{id}/votes",
  summary: "Vote for the hub that the path names, else for the nearest that knows the proposal",
  request: { params, headers: idempotencyHeader, body: body(voteSchema) },
  responses: { 200: json(proposalSchema, "Counted"), ...problems },
});

export const getVoteStatistics = createRoute({
  ...read,
  method: "get",
  path: "/api/consensus/votes",
  summary: "How each voter has voted so far",
  request: { query: votesQuerySchema },
  responses: { 200: json(voteStatisticsSchema, "By voter"), ...problems },
});
