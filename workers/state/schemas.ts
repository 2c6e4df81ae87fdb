import { z } from "@hono/zod-openapi";
import { VALUE_BYTES } from "../../hub-core/wire/log.ts";
import { anyJson, cursorSchema, idSchema, limitSchema } from "../http/index.ts";
import { prefixSchema, scopeSchema } from "./keys.ts";
import { fenceSchema } from "./preconditions.ts";

const version = z.int().min(1).openapi({ description: "Of the key: goes up with each write" });
const revision = z.int().min(0).openapi({ description: "Of the group: goes up with each change of any key" });

const strength = z.enum(["strong", "eventual"]).default("strong").openapi({
  description: "strong: agreed by the group of the scope. eventual: applied here at once, merged everywhere",
});

export const putQuerySchema = z.object({
  consistency: strength,
  scope: scopeSchema,
  fence: fenceSchema,
  lease: idSchema.optional().openapi({ description: "The key goes when this lease does" }),
});

export const deleteQuerySchema = putQuerySchema.omit({ lease: true });

/** Of a strong key, its value; of an eventual one, what to do with it. */
export const putBodySchema = anyJson.openapi({
  description: `A strong key's value: any JSON, up to ${VALUE_BYTES} bytes. With consistency=eventual what to do: {type: lww, op: set, value}, {type: mv, op: set, value, context?}, {type: counter, op: increment|decrement, by?}, {type: set, op: add|remove, value|values}, {type: map, op: put|remove, field, value?} or {type: map, op: update, field, update: a counter or set operation}`,
});

export const getQuerySchema = z.object({
  consistency: z.enum(["linearizable", "stale", "eventual"]).optional().openapi({
    description:
      "linearizable: sees every write that was answered before. stale: what this hub has heard. eventual: the eventual key. When not given: linearizable, and where there is no strong key by that name, the eventual one",
  }),
  scope: scopeSchema,
});

export const listQuerySchema = z.object({
  prefix: prefixSchema,
  consistency: z
    .enum(["linearizable", "stale", "eventual"])
    .default("linearizable")
    .openapi({ description: "Of which keys, and how fresh" }),
  scope: scopeSchema,
  limit: limitSchema,
  cursor: cursorSchema,
});

export const conflictsQuerySchema = z.object({ prefix: prefixSchema, limit: limitSchema, cursor: cursorSchema });

export const writtenSchema = z
  .looseObject({ key: z.string(), value: anyJson, version, revision, group: z.string() })
  .openapi("KeyWritten");

export const strongKeySchema = writtenSchema
  .extend({ consistency: z.enum(["linearizable", "stale"]) })
  .openapi("StrongKey");

export const eventualKeySchema = z
  .looseObject({
    key: z.string(),
    type: z.string(),
    value: anyJson,
    version: z.string().openapi({ description: "Equal for equal states, wherever they are read" }),
    revision: z.number(),
    consistency: z.literal("eventual"),
    siblings: z.array(z.unknown()).optional().openapi({ description: "When nothing settles between several values" }),
    context: z.string().optional().openapi({ description: "Of an mv: to be given back with a write" }),
  })
  .openapi("EventualKey");

export const putAnswerSchema = z.union([writtenSchema, eventualKeySchema]);
export const getAnswerSchema = z.union([strongKeySchema, eventualKeySchema]);

export const deletedSchema = z
  .looseObject({ key: z.string(), revision: revision.optional(), group: z.string().optional() })
  .openapi("KeyDeleted");

export const keyPageSchema = z
  .looseObject({
    keys: z.array(z.looseObject({ key: z.string(), value: anyJson })),
    next_cursor: z.string().nullable(),
    revision: revision.optional().openapi({ description: "Of the group; of eventual keys there is none" }),
  })
  .openapi("KeyPage");

export const conflictsSchema = z
  .looseObject({ conflicts: z.array(z.looseObject({ key: z.string() })), next_cursor: z.string().nullable() })
  .openapi("StateConflicts");
