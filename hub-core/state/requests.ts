/** What an edge may ask of eventual state, and the answers. Strong keys have requests of their own. */
import { z } from "zod";
import { isJsonValue } from "../common/is-json.ts";
import type { Json, Millis } from "../common/types.ts";
import type { ConflictStrategy } from "../config/hub-config.ts";
import { MAX_FIELD_BYTES } from "../wire/state-records.ts";
import { MAX_VALUES_PER_WRITE } from "./eventual/limits.ts";
import type { KeyType } from "./types/key-type.ts";

/** Whole numbers, so that sums are exact. */
const by = z.int().min(1).max(1_000_000_000_000).optional();
const field = z.string().min(1).max(MAX_FIELD_BYTES);
/** As it is, and not made anew from its names and values as zod would, which forgets a `__proto__`. */
const value = z.custom<Json>(isJsonValue, {
  error: ({ input }) => (input === undefined ? "is missing: any JSON" : "is no JSON, which has finite numbers only"),
});
const setParts = {
  value: value.optional(),
  values: z.array(value).min(1).max(MAX_VALUES_PER_WRITE).optional(),
};
const setOp = z.strictObject({ type: z.literal("set"), op: z.enum(["add", "remove"]), ...setParts });
const counterOp = z.strictObject({ type: z.literal("counter"), op: z.enum(["increment", "decrement"]), by });

const mapOp = z.discriminatedUnion("op", [
  z.strictObject({ type: z.literal("map"), op: z.literal("put"), field, value }),
  z.strictObject({ type: z.literal("map"), op: z.literal("remove"), field }),
  z.strictObject({
    type: z.literal("map"),
    op: z.literal("update"),
    field,
    update: z.discriminatedUnion("type", [setOp, counterOp]),
  }),
]);

/** The body of `PUT /api/state/{key}?consistency=eventual`. */
export const eventualOpSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("lww"), op: z.literal("set"), value }),
  z.strictObject({
    type: z.literal("mv"),
    op: z.literal("set"),
    value,
    /** As a GET gave it: the write takes the place of what that GET saw, and of nothing else. Without it, of all that is here. */
    context: z.string().max(8_192).optional(),
  }),
  counterOp,
  setOp,
  mapOp,
]);
export type EventualOp = z.infer<typeof eventualOpSchema>;

export interface EventualPut {
  readonly kind: "state-eventual-put";
  readonly key: string;
  /** Checked again here: a 400 `invalid_op` says what is wrong. */
  readonly op: EventualOp;
  readonly idempotencyKey?: string | undefined;
}

export interface EventualDelete {
  readonly kind: "state-eventual-delete";
  readonly key: string;
  readonly idempotencyKey?: string | undefined;
}

export type EventualWrite = EventualPut | EventualDelete;

export type StateRequest =
  | EventualWrite
  /** `EventualValue`, or 404 `key_unknown`. */
  | { readonly kind: "state-eventual-get"; readonly key: string }
  /** `EventualPage`, by key. */
  | {
      readonly kind: "state-eventual-list";
      readonly prefix: string;
      readonly cursor?: string | undefined;
      readonly limit?: number | undefined;
    }
  /** `ConflictPage`, the latest first. */
  | {
      readonly kind: "state-conflicts";
      readonly prefix?: string | undefined;
      readonly cursor?: string | undefined;
      readonly limit?: number | undefined;
    };

export interface EventualValue {
  readonly key: string;
  readonly type: KeyType;
  readonly value: Json;
  /** Equal for equal states, wherever they are read. */
  readonly version: string;
  /** Goes up with every write that is known here; equal for equal states. */
  readonly revision: number;
  readonly consistency: "eventual";
  /** All values side by side, the latest first, when there are several and nothing settles between them. */
  readonly siblings?: readonly Json[];
  /** Of an `mv`: to be given back with the write that is to replace what was read. */
  readonly context?: string;
}

export interface ConflictVersion {
  /** Null when it is too long to keep, see `value_bytes`. */
  readonly value: Json;
  readonly value_bytes: number;
  readonly hub_id: string;
  /** By the hybrid logical clock of its hub. */
  readonly written_at: string;
  readonly clock: string;
}

export interface Conflict {
  readonly conflict_id: string;
  readonly key: string;
  readonly type: KeyType;
  readonly field?: string;
  readonly strategy: ConflictStrategy;
  /** The latest first. */
  readonly versions: readonly ConflictVersion[];
  /** The clock of the version that a reader gets; null when it gets all, or a merger of all. */
  readonly settled_by: string | null;
  readonly noticed_at: string;
  /** When a later write had seen all versions; null while they stand side by side. */
  readonly resolved_at: string | null;
}

/** For `GET /api/status`. */
export interface EventualStatus {
  readonly keys: number;
  /** Removed, and not forgotten by everyone yet. */
  readonly removed_keys: number;
  readonly conflicts_open: number;
  readonly clock: {
    /** Of this hub's hybrid clock over its own wall clock. */
    readonly ahead_ms: number;
    readonly max_skew_ms: number;
    /** Words of others that were refused because their clock ran ahead. */
    readonly refused: number;
    readonly last_refused: { readonly hub_id: string; readonly ahead_ms: number; readonly at: string } | null;
  };
}

export function iso(at: Millis): string {
  return new Date(at).toISOString();
}
