/** Eventual keys: asked of the nearest hub, which applies what it is told at once. */
import type { Context } from "hono";
import type { Reply } from "../../hub-core/common/problem.ts";
import type { EventualOp } from "../../hub-core/state/index.ts";
import type { EdgeEnv } from "../edge-env.ts";
import { ask, askInTurn, writeKey } from "../hubs/index.ts";

const WITHIN_MS = 6_000;

/** Each hub remembers the keys of its own writes only, so another one is asked only for what may be done twice. */
export function putEventual(c: Context<EdgeEnv>, key: string, op: EventualOp): Promise<Reply> {
  const idempotencyKey = writeKey(c);
  const effect = mayBeRepeated(op) ? "write" : "write-once";
  const question = { kind: "state-eventual-put", key, op, idempotencyKey } as const;
  return askInTurn(c, c.env.hubs.candidates, question, { withinMs: WITHIN_MS, effect, idempotencyKey });
}

export function deleteEventual(c: Context<EdgeEnv>, key: string): Promise<Reply> {
  const idempotencyKey = writeKey(c);
  const question = { kind: "state-eventual-delete", key, idempotencyKey } as const;
  return askInTurn(c, c.env.hubs.candidates, question, { withinMs: WITHIN_MS, effect: "write", idempotencyKey });
}

export function getEventual(c: Context<EdgeEnv>, key: string): Promise<Reply> {
  return ask(c, { kind: "state-eventual-get", key });
}

/** Applied at two hubs, it says the same as applied at one: a count would not, and a second version would stand beside the first. */
function mayBeRepeated(op: EventualOp): boolean {
  const { type } = op.type === "map" && op.op === "update" ? op.update : op;
  return type === "lww" || type === "set" || type === "map";
}
