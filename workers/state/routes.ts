/** Keys that hubs agree on, and keys that they merge. */
import { OpenAPIHono, type z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { Reply } from "../../hub-core/common/problem.ts";
import type { Json } from "../../hub-core/common/types.ts";
import { eventualOpSchema } from "../../hub-core/state/index.ts";
import { GLOBAL_GROUP } from "../../hub-core/wire/log.ts";
import type { EdgeEnv } from "../edge-env.ts";
import { invalid, invalidInput, jsonFault, refuseInvalid, sendProblem } from "../http/index.ts";
import { ask, askGroup } from "../hubs/index.ts";
import { deleteKey, getKey, listConflicts, listKeys, putKey } from "./descriptions.ts";
import { deleteEventual, getEventual, putEventual } from "./eventual.ts";
import { etagOf, expectationOf } from "./preconditions.ts";
import type {
  conflictsSchema,
  deletedSchema,
  getAnswerSchema,
  getQuerySchema,
  keyPageSchema,
  putAnswerSchema,
} from "./schemas.ts";
import { deleteStrong, getStrong, putStrong } from "./strong.ts";

export const stateRoutes = new OpenAPIHono<EdgeEnv>({ defaultHook: refuseInvalid })
  .openapi(listKeys, async (c) => {
    const { consistency, scope, ...page } = c.req.valid("query");
    const group = scope ?? GLOBAL_GROUP;
    if (consistency === "eventual") {
      const misplaced = onlyStrong({ "query.scope": scope });
      if (misplaced) return sendProblem(c, misplaced);
    }
    const reply =
      consistency === "eventual"
        ? await ask(c, { kind: "state-eventual-list", ...page })
        : await askGroup(c, group, { kind: "state-list", group, consistency, ...paged(page) }, { effect: "read" });
    if (!reply.ok) return sendProblem(c, reply.problem);
    return c.json(reply.value as z.output<typeof keyPageSchema>, 200);
  })
  // Before the keys, or it would be one.
  .openapi(listConflicts, async (c) => {
    const reply = await ask(c, { kind: "state-conflicts", ...c.req.valid("query") });
    if (!reply.ok) return sendProblem(c, reply.problem);
    return c.json(reply.value as z.output<typeof conflictsSchema>, 200);
  })
  .openapi(getKey, async (c) => {
    const reply = await found(c, c.req.valid("param").key, c.req.valid("query"));
    if (!reply.ok) return sendProblem(c, reply.problem);
    const value = reply.value as z.output<typeof getAnswerSchema>;
    return c.json(value, 200, etagOf(value.version));
  })
  .openapi(putKey, async (c) => {
    const { key } = c.req.valid("param");
    const { consistency, scope, fence, lease } = c.req.valid("query");
    const expect = expectationOf(c.req.valid("header"));
    const value = c.req.valid("json") as Json;
    const tooDeep = jsonFault(value, Number.POSITIVE_INFINITY);
    if (tooDeep !== null) return sendProblem(c, invalid([{ path: "body", message: tooDeep }]));
    let reply: Reply;
    if (consistency === "eventual") {
      const misplaced = onlyStrong({
        "query.scope": scope,
        "query.fence": fence,
        "query.lease": lease,
        ...preconditions(c.req.valid("header")),
      });
      if (misplaced) return sendProblem(c, misplaced);
      const write = eventualOpSchema.safeParse(value);
      if (!write.success) return sendProblem(c, invalidInput("json", write.error));
      reply = await putEventual(c, key, write.data);
    } else reply = await putStrong(c, { key, scope, expect, fence, lease, value });
    if (!reply.ok) return sendProblem(c, reply.problem);
    const written = reply.value as z.output<typeof putAnswerSchema>;
    return c.json(written, reply.status === 201 ? 201 : 200, etagOf(written.version));
  })
  .openapi(deleteKey, async (c) => {
    const { key } = c.req.valid("param");
    const { consistency, scope, fence } = c.req.valid("query");
    const expect = expectationOf(c.req.valid("header"));
    let reply: Reply;
    if (consistency === "eventual") {
      const misplaced = onlyStrong({
        "query.scope": scope,
        "query.fence": fence,
        ...preconditions(c.req.valid("header")),
      });
      if (misplaced) return sendProblem(c, misplaced);
      reply = await deleteEventual(c, key);
    } else reply = await deleteStrong(c, { key, scope, expect, fence });
    if (!reply.ok) return sendProblem(c, reply.problem);
    return c.json(reply.value as z.output<typeof deletedSchema>, 200);
  });

/** From clients that have lost their key on the way: no route is for them, and yet the path is not unknown. */
stateRoutes.on(["GET", "PUT", "DELETE"], "/api/state/", (c) => {
  const message = "must not be empty: /api/state/{key}, or /api/state?prefix= for a list";
  return sendProblem(c, invalid([{ path: "param.key", message }]));
});

/** Nothing weaker than what was asked: only that there is no strong key leads to the eventual one. */
async function found(
  c: Context<EdgeEnv>,
  key: string,
  { consistency, scope }: z.output<typeof getQuerySchema>,
): Promise<Reply> {
  if (consistency === "eventual") {
    const misplaced = onlyStrong({ "query.scope": scope });
    return misplaced ? { ok: false, problem: misplaced } : getEventual(c, key);
  }
  const strong = await getStrong(c, key, scope, consistency ?? "linearizable");
  if (consistency !== undefined || strong.ok || strong.problem.code !== "key_unknown") return strong;
  const eventual = await getEventual(c, key);
  return eventual.ok || eventual.problem.code !== "key_unknown" ? eventual : strong;
}

/** Refuses what an eventual key cannot have, rather than to ignore it. The global scope is all that there is of it. */
function onlyStrong(given: Readonly<Record<string, unknown>>) {
  const misplaced = Object.entries(given).filter(([, value]) => value !== undefined && value !== GLOBAL_GROUP);
  if (misplaced.length === 0) return null;
  const message = "is for strong keys, and this one is eventual: leave it out, or leave out consistency=eventual";
  return invalid(misplaced.map(([path]) => ({ path, message })));
}

function preconditions(headers: {
  readonly "if-match"?: string | undefined;
  readonly "if-none-match"?: string | undefined;
}) {
  return { "header.if-match": headers["if-match"], "header.if-none-match": headers["if-none-match"] };
}

function paged({ prefix, limit, cursor }: { prefix: string; limit: number; cursor?: string | undefined }) {
  return { prefix, limit, ...(cursor === undefined ? {} : { cursor }) };
}
