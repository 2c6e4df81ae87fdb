/** What eventual state holds at most, and what it does at each limit. The number of keys is configured (`state.max_keys`). */
import type { DurationMs } from "../../common/types.ts";

/** One value, as canonical JSON. A write past it is refused. */
export const MAX_VALUE_BYTES = 16_384;
/** What a key reads as. A write that adds past it is refused; concurrent ones may add up to more. */
export const MAX_READ_BYTES = 65_536;
/** How deep a value may nest. */
export const MAX_DEPTH = 64;
/** Of one write to a set. */
export const MAX_VALUES_PER_WRITE = 256;
/** Of a set, or a map. An addition past it is refused; concurrent ones may add up to more. */
export const MAX_ELEMENTS = 4_096;
/** Versions side by side of one `mv`. A write that would add one more is refused until a write with a context settles some. */
export const MAX_SIBLINGS = 32;
/** Conflicts remembered, and what their values may weigh. At either the oldest gives way. */
export const MAX_CONFLICTS = 1_000;
export const MAX_CONFLICT_BYTES = 1_048_576;
/** A value in the account of a conflict; a longer one is told by its size. */
export const MAX_CONFLICT_VALUE_BYTES = 4_096;
/** Keys looked after in one step; the others wait for the next. */
export const KEYS_PER_ROUND = 20;
export const ROUND_MS: DurationMs = 100;
/** A page of keys ends past this, however many were asked for. */
export const MAX_PAGE_BYTES = 262_144;
export const DEFAULT_PAGE = 100;
export const MAX_PAGE = 1_000;
