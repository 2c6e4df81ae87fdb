/** Leases: keys that go when whoever holds them is heard of no more. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { GLOBAL_GROUP } from "../../hub-core/wire/log.ts";
import { requires } from "../auth/index.ts";
import type { EdgeEnv } from "../edge-env.ts";
import {
  body,
  idempotencyHeader,
  idSchema,
  json,
  problems,
  refuseInvalid,
  secured,
  sendProblem,
} from "../http/index.ts";
import { askGroup, writeKey } from "../hubs/index.ts";
import { grantSchema, leaseQuerySchema, leaseSchema } from "./schemas.ts";

const params = z.object({ id: idSchema });
const common = { tags: ["State"], security: secured };

const postLease = createRoute({
  ...common,
  middleware: requires("operator"),
  method: "post",
  path: "/api/leases",
  summary: "Grant a lease: keys written with it go when it ends",
  request: { headers: idempotencyHeader, body: body(grantSchema) },
  responses: { 201: json(leaseSchema, "Granted"), ...problems },
});

const getLease = createRoute({
  ...common,
  middleware: requires("viewer"),
  method: "get",
  path: "/api/leases/{id}",
  summary: "One lease",
  request: { params, query: leaseQuerySchema },
  responses: { 200: json(leaseSchema, "The lease"), ...problems },
});

const putLease = createRoute({
  ...common,
  middleware: requires("operator"),
  method: "put",
  path: "/api/leases/{id}",
  summary: "Renew a lease for its whole time again",
  request: { params, query: leaseQuerySchema },
  responses: { 200: json(leaseSchema, "Renewed"), ...problems },
});

const deleteLease = createRoute({
  ...common,
  middleware: requires("operator"),
  method: "delete",
  path: "/api/leases/{id}",
  summary: "End a lease, and its keys",
  request: { params, query: leaseQuerySchema },
  responses: { 204: { description: "It has ended, and its keys are gone" }, ...problems },
});

export const leaseRoutes = new OpenAPIHono<EdgeEnv>({ defaultHook: refuseInvalid })
  .openapi(postLease, async (c) => {
    const { ttl_ms: ttlMs, scope: group = GLOBAL_GROUP } = c.req.valid("json");
    const idempotencyKey = writeKey(c);
    const question = { kind: "lease-grant", group, ttlMs, idempotencyKey } as const;
    const reply = await askGroup(c, group, question, { effect: "write", idempotencyKey });
    if (!reply.ok) return sendProblem(c, reply.problem);
    return c.json(reply.value as z.output<typeof leaseSchema>, 201);
  })
  .openapi(getLease, async (c) => {
    const { scope: group = GLOBAL_GROUP } = c.req.valid("query");
    const question = { kind: "lease-get", group, lease: c.req.valid("param").id } as const;
    const reply = await askGroup(c, group, question, { effect: "read" });
    if (!reply.ok) return sendProblem(c, reply.problem);
    return c.json(reply.value as z.output<typeof leaseSchema>, 200);
  })
  // Renewed twice, or ended twice, is the same as once: no key is needed.
  .openapi(putLease, async (c) => {
    const { scope: group = GLOBAL_GROUP } = c.req.valid("query");
    const question = { kind: "lease-renew", group, lease: c.req.valid("param").id } as const;
    const reply = await askGroup(c, group, question, { effect: "write" });
    if (!reply.ok) return sendProblem(c, reply.problem);
    return c.json(reply.value as z.output<typeof leaseSchema>, 200);
  })
  .openapi(deleteLease, async (c) => {
    const { scope: group = GLOBAL_GROUP } = c.req.valid("query");
    const question = { kind: "lease-revoke", group, lease: c.req.valid("param").id } as const;
    const reply = await askGroup(c, group, question, { effect: "write" });
    if (!reply.ok) return sendProblem(c, reply.problem);
    return c.body(null, 204);
  });
