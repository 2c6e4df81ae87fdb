/** What an edge asks of eventual keys. */
import type { Json } from "../../hub-core/common/types.ts";

/** A counter, a set or a register: what a map's field may be as well. */
export type EventualChange =
  | { readonly type: "lww"; readonly op: "set"; readonly value: Json }
  | { readonly type: "mv"; readonly op: "set"; readonly value: Json; readonly context?: string | undefined }
  | { readonly type: "counter"; readonly op: "increment" | "decrement"; readonly by?: number | undefined }
  | {
      readonly type: "set";
      readonly op: "add" | "remove";
      readonly value?: Json | undefined;
      readonly values?: readonly Json[] | undefined;
    };

export type EventualWrite =
  | EventualChange
  | { readonly type: "map"; readonly op: "put"; readonly field: string; readonly value: Json }
  | { readonly type: "map"; readonly op: "remove"; readonly field: string }
  | { readonly type: "map"; readonly op: "update"; readonly field: string; readonly update: EventualChange };

interface Paged {
  readonly cursor?: string | undefined;
  readonly limit?: number | undefined;
}

export type EventualRequest =
  | {
      readonly kind: "state-eventual-put";
      readonly key: string;
      readonly op: EventualWrite;
      readonly idempotencyKey?: string;
    }
  | { readonly kind: "state-eventual-get"; readonly key: string }
  | { readonly kind: "state-eventual-delete"; readonly key: string; readonly idempotencyKey?: string }
  | ({ readonly kind: "state-eventual-list"; readonly prefix: string } & Paged)
  | ({ readonly kind: "state-conflicts"; readonly prefix?: string | undefined } & Paged);
