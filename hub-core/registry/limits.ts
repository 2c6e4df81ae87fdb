/** What the registry holds at most, and what it does at each limit. */
import { type HubConfig, LEAST_MESSAGE_BYTES, MAX_HUBS } from "../config/hub-config.ts";

/** Hubs whose logs are kept. At the limit the log of one that is long dead and empty gives way, else the rumor is rejected. */
export const MAX_ORIGINS = MAX_HUBS;
/** All origins together. At the limit a new key is rejected, and so comes again by anti-entropy once there is room. */
export const MAX_RECORDS = 60_000;
/** Records of eventual state, all origins together, and what they weigh. At either an own write is refused, and another hub's record comes again once there is room. */
export const MAX_STATE_RECORDS = 20_000;
export const MAX_STATE_BYTES = 16_777_216;
/** Sequence numbers seen past a gap, per origin. Beyond it the gap is left to anti-entropy. */
export const MAX_AHEAD = 256;
/** One record, encoded: several fit a frame. A registration past it is refused. */
export const MAX_RECORD_BYTES = 24_576;
/** Of the clusters of one assignment: with its header it fits a frame of every hub on its way, whatever that one's limit. */
export const MAX_ASSIGNMENT_BYTES = LEAST_MESSAGE_BYTES - 1_024;
/** Round trips told through the API, per hub. At the limit a new pair is refused. */
export const MAX_LATENCIES = 1_000;
/** Test messages of one hub. At the limit the oldest gives way. */
export const MAX_TESTS = 100;
/** Outcomes remembered for retries. At the limit the oldest gives way. */
export const MAX_IDEMPOTENCY_KEYS = 1_000;
export const IDEMPOTENCY_TTL_MS = 24 * 3_600_000;

/** Tombstones of a hub's own log. At the limit the oldest that hides nothing gives way. */
export function maxTombstones(config: HubConfig): number {
  return 4 * config.limits.maxClusters;
}

/** Withdrawals of a hub's own log. At the limit the oldest gives way: its peers keep theirs until it expires. */
export function maxWithdrawals(config: HubConfig): number {
  return 3 * config.limits.maxClusters;
}

/** Records accepted of one origin: twice what a hub of this configuration can write, for those configured wider. */
export function maxRecordsPerOrigin(config: HubConfig): number {
  const clusters = config.limits.maxClusters + maxTombstones(config) + maxWithdrawals(config);
  const hubStates = config.limits.maxRegionalHubs + 2 * config.limits.maxChildHubs;
  return 2 * (clusters + hubStates + MAX_LATENCIES + MAX_TESTS + 3);
}
