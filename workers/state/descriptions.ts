/** The operations on keys as OpenAPI describes them. */
import { createRoute, z } from "@hono/zod-openapi";
import { requires } from "../auth/index.ts";
import { body, json, problems, secured } from "../http/index.ts";
import { decodable, keySchema } from "./keys.ts";
import { deleteHeadersSchema, putHeadersSchema } from "./preconditions.ts";
import {
  conflictsQuerySchema,
  conflictsSchema,
  deletedSchema,
  deleteQuerySchema,
  getAnswerSchema,
  getQuerySchema,
  keyPageSchema,
  listQuerySchema,
  putAnswerSchema,
  putBodySchema,
  putQuerySchema,
} from "./schemas.ts";

/** The rest of the path, slashes and all. */
const KEY_PATH = "/api/state/:key{[^]+}";

const params = z.object({ key: keySchema });
const read = { tags: ["State"], security: secured, middleware: requires("viewer") };
const etag = { headers: z.object({ etag: z.string().optional().openapi({ example: '"3"' }) }) };

export const listKeys = createRoute({
  ...read,
  method: "get",
  path: "/api/state",
  summary: "Keys under a prefix, page by page",
  request: { query: listQuerySchema },
  responses: { 200: json(keyPageSchema, "One page"), ...problems },
});

export const listConflicts = createRoute({
  ...read,
  method: "get",
  path: "/api/state/conflicts",
  summary: "Concurrent writes of eventual keys that were seen, and the strategy that settled them",
  request: { query: conflictsQuerySchema },
  responses: { 200: json(conflictsSchema, "One page"), ...problems },
});

export const getKey = createRoute({
  ...read,
  middleware: [decodable, requires("viewer")] as const,
  method: "get",
  path: KEY_PATH,
  summary: "One key",
  request: { params, query: getQuerySchema },
  responses: { 200: { ...json(getAnswerSchema, "The key"), ...etag }, ...problems },
});

export const putKey = createRoute({
  tags: ["State"],
  security: secured,
  middleware: [decodable, requires("operator")] as const,
  method: "put",
  path: KEY_PATH,
  summary: "Write a key, if its version is what you think it is",
  request: { params, query: putQuerySchema, headers: putHeadersSchema, body: body(putBodySchema) },
  responses: {
    200: { ...json(putAnswerSchema, "Replaced"), ...etag },
    201: { ...json(putAnswerSchema, "Created"), ...etag },
    ...problems,
  },
});

export const deleteKey = createRoute({
  tags: ["State"],
  security: secured,
  middleware: [decodable, requires("operator")] as const,
  method: "delete",
  path: KEY_PATH,
  summary: "Delete a key, if its version is what you think it is",
  request: { params, query: deleteQuerySchema, headers: deleteHeadersSchema },
  responses: { 200: json(deletedSchema, "Deleted"), ...problems },
});
