/** Writes of eventual keys. */
import { z } from "@hono/zod-openapi";
import { anyJson } from "../http/index.ts";
import type { EventualWrite } from "./eventual-requests.ts";

const MAX_VALUES = 1_000;
const FIELD_BYTES = 256;

const value = z.json().openapi({ description: "Any JSON", type: "object" });

const register = z.strictObject({ type: z.literal("lww"), op: z.literal("set"), value });

const versions = z.strictObject({
  type: z.literal("mv"),
  op: z.literal("set"),
  value,
  context: z
    .string()
    .max(65_536)
    .optional()
    .openapi({ description: "Of the answer that was read: what it showed is replaced, what came meanwhile stays" }),
});

const counter = z.strictObject({
  type: z.literal("counter"),
  op: z.enum(["increment", "decrement"]),
  by: z.int().min(0).optional().openapi({ description: "1 when not given" }),
});

const set = z
  .strictObject({
    type: z.literal("set"),
    op: z.enum(["add", "remove"]),
    value: value.optional(),
    values: z.array(value).min(1).max(MAX_VALUES).optional(),
  })
  .refine((write) => (write.value === undefined) !== (write.values === undefined), {
    path: ["values"],
    message: "give either value or values",
  });

const change = z.discriminatedUnion("type", [register, versions, counter, set]);

const field = z.string().min(1).max(FIELD_BYTES);
const map = z.discriminatedUnion("op", [
  z.strictObject({ type: z.literal("map"), op: z.literal("put"), field, value }),
  z.strictObject({ type: z.literal("map"), op: z.literal("remove"), field }),
  z.strictObject({ type: z.literal("map"), op: z.literal("update"), field, update: change }),
]);

export const eventualWriteSchema = z
  .discriminatedUnion("type", [register, versions, counter, set, map])
  .openapi("EventualWrite") satisfies z.ZodType<EventualWrite, unknown>;

/** Applied at two hubs, it says the same as applied at one: a count would not. */
export function mayBeRepeated(write: EventualWrite): boolean {
  const { type } = write.type === "map" && write.op === "update" ? write.update : write;
  return type === "lww" || type === "set" || type === "map";
}

export const eventualKeySchema = z
  .looseObject({
    key: z.string(),
    value: anyJson,
    consistency: z.literal("eventual").optional(),
    siblings: z.array(z.unknown()).optional(),
  })
  .openapi("EventualKey");
