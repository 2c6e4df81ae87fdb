/**
 * What the strong keys of one group hold at most, and what they do at each limit. A replica that counted to another limit
 * would answer the same log otherwise: these are part of the log's meaning, and never configured.
 */
import type { DurationMs } from "../../common/types.ts";

/** At the limit a put that creates a key is refused. */
export const MAX_KEYS = 20_000;
/** Keys and values together, in UTF-8. At the limit a put that makes it more is refused. */
export const MAX_BYTES = 8 * 1_024 * 1_024;
/** At the limit a grant is refused. */
export const MAX_LEASES = 1_024;
/** A lease shorter than a change of leader would end by it. Outside of these a grant is refused. */
export const MIN_LEASE_MS: DurationMs = 1_000;
export const MAX_LEASE_MS: DurationMs = 24 * 3_600_000;
/** Changes that a watch can go back over. At either limit the oldest revision is forgotten. */
export const MAX_CHANGES = 4_096;
export const MAX_CHANGE_BYTES = 2 * 1_024 * 1_024;

/** One page of an answer. */
export const DEFAULT_PAGE = 100;
export const MAX_PAGE = 1_000;
/** It ends after the item that passes this. */
export const MAX_PAGE_BYTES = 1_024 * 1_024;
