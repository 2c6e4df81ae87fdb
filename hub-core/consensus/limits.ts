/**
 * What a group's state keeps of commands and proposals at most, and what it does at each limit. A replica that counted to
 * another limit would answer the same log otherwise: these are part of the log's meaning, and never configured.
 */
import type { DurationMs } from "../common/types.ts";

/** Hubs whose commands are remembered: more than a group has members. At the limit the one that wrote longest ago is forgotten. */
export const MAX_SESSIONS = 1_024;
/** Commands from a session's floor on. A command past it is refused. */
export const MAX_OUTSTANDING = 4_096;
/** Replies of all sessions. At the limit the oldest of the session that wrote longest ago are settled. */
export const MAX_OUTCOME_BYTES = 8 * 1_024 * 1_024;

/** Idempotency-Keys. At either limit the oldest is forgotten. */
export const MAX_IDEMPOTENCY_KEYS = 8_192;
export const MAX_IDEMPOTENCY_BYTES = 4 * 1_024 * 1_024;
/** In log time. */
export const IDEMPOTENCY_TTL_MS: DurationMs = 24 * 3_600_000;

/** Pending proposals, whatever their proposers allow. At either limit a proposal is refused. */
export const MAX_PENDING = 10_000;
export const MAX_PENDING_BYTES = 8 * 1_024 * 1_024;
export const MAX_PROPOSAL_MS: DurationMs = 30 * 24 * 3_600_000;
/** Decided proposals. At either limit the one decided first is forgotten. */
export const MAX_DECIDED = 1_000;
export const MAX_DECIDED_BYTES = 4 * 1_024 * 1_024;
/** Hubs with a record of their votes. At the limit the one whose record changed longest ago is forgotten. */
export const MAX_VOTERS_RECORDED = 128;
/** Of one voter, for the median. */
export const LATENCIES_KEPT = 101;

/** Operators have a head start on their hubs' judgement of a ballot. */
export const BALLOT_GRACE_MS: DurationMs = 1_000;
