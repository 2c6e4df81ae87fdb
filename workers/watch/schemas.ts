import { z } from "@hono/zod-openapi";
import { prefixSchema, scopeSchema } from "../state/index.ts";

const KINDS = ["hubs", "clusters", "state"];

const revision = z
  .string()
  .regex(/^\d{1,15}$/, "a revision: a whole number, as the id of an event says it")
  .transform(Number)
  .optional()
  .openapi({ type: "integer" });

export const watchQuerySchema = z.object({
  kinds: z
    .string()
    .refine((text) => text.split(",").every((kind) => KINDS.includes(kind)), `of ${KINDS.join(", ")}`)
    .refine(
      (text) => !text.split(",").some((kind) => kind === "hubs" || kind === "clusters"),
      "hubs and clusters are not served yet: kinds=state is",
    )
    .openapi({ description: "state", example: "state" }),
  prefix: prefixSchema,
  scope: scopeSchema,
  since: revision.openapi({ description: "Changes after this revision; from now on when not given" }),
});

export const watchHeadersSchema = z.object({
  "last-event-id": revision.openapi({ description: "The id of the last event that was seen: wins over since" }),
});

/** What hubs answer to `state-watch`. */
export interface Changes {
  /** In the order of their revisions. */
  readonly changes: readonly {
    readonly type: "put" | "delete";
    readonly key: string;
    readonly revision: number;
    /** Of a put, as is the value. */
    readonly version?: number;
    readonly value?: unknown;
  }[];
  /** All that changed up to it has been told now, or before. */
  readonly revision: number;
}
