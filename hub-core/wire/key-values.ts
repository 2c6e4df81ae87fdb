/** The strong keys of a group, as consensus writes and reads them. */
import type { Reply } from "../common/problem.ts";
import type { Millis } from "../common/types.ts";
import type { Reader, Writer } from "./bytes.ts";
import type { OperationOf } from "./log.ts";

export type KeyValueOperation = OperationOf<"put" | "delete" | "lease-grant" | "lease-renew" | "lease-revoke">;

/** Written only where the key has this version; 0: only where it is absent; null: in any case. */
export type Expectation = { readonly version: number } | null;

/** Written only while the key `key` is held with this fencing token. */
export type Fence = { readonly key: string; readonly token: number };

/** A function of the operations alone, so that it is the same on every replica. Times are log time. */
export interface KeyValues {
  /** Goes up by one with each change; all that changes in one step, as the keys of a lease that ends, has one revision. */
  readonly revision: number;
  apply(operation: KeyValueOperation, at: Millis): Reply;
  meets(key: string, expect: Expectation): boolean;
  /** Ends the leases that are past their time, and their keys. */
  lapse(at: Millis): void;
  /** Every lease has its full time again: the clock of a new leader may be ahead. */
  refill(at: Millis): void;
  /** When `lapse` next ends a lease; Infinity: never. */
  nextLapse(): Millis;
  write(writer: Writer): void;
  /** Reads what `write` wrote. @returns what puts it in the place of everything here. Throws `DecodeError`. */
  read(reader: Reader): () => void;

  // ── Answers, with the field names of docs/API.md ───────────────────────────────────────────────────────────────────

  /** 404 `key_unknown` */
  get(key: string): Reply;
  list(asked: KeyPage): Reply;
  /** 410 `compacted` when it is too long ago. No changes: `changes` is empty; also of a revision to come. */
  changes(asked: ChangesPage): Reply<ChangesAnswer>;
  /** 404 `lease_unknown` */
  lease(lease: string): Reply;
  usage(): KeyValueUsage;
}

export interface KeyPage {
  readonly prefix: string;
  readonly cursor?: string | undefined;
  readonly limit?: number | undefined;
}

export interface ChangesPage {
  readonly prefix: string;
  readonly since: number;
  readonly limit?: number | undefined;
}

export interface ChangesAnswer {
  readonly changes: readonly ChangeAnswer[];
  /** Everything up to here has been told: the next `since`. */
  readonly revision: number;
}

export interface ChangeAnswer {
  readonly type: "put" | "delete";
  readonly key: string;
  readonly revision: number;
}

/** Used and limit. */
export type KeyValueUsage = Readonly<
  Record<"keys" | "bytes" | "leases" | "changes" | "change_bytes", { readonly used: number; readonly max: number }>
>;
