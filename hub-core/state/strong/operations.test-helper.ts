/** Operations on strong keys, said in short. */
import type { Reply } from "../../common/problem.ts";
import type { OperationOf } from "../../wire/log.ts";

export const START = 1_700_000_000_000;

type More<K extends "put" | "delete"> = Partial<Omit<OperationOf<K>, "kind" | "key" | "value">>;

export function put(key: string, value: unknown, more: More<"put"> = {}): OperationOf<"put"> {
  return { kind: "put", key, value: JSON.stringify(value), expect: null, fence: null, lease: null, ...more };
}

export function del(key: string, more: More<"delete"> = {}): OperationOf<"delete"> {
  return { kind: "delete", key, expect: null, fence: null, ...more };
}

export function grant(lease: string, ttlMs: number): OperationOf<"lease-grant"> {
  return { kind: "lease-grant", lease, ttlMs };
}

/** The value of an answer, to look into. */
// biome-ignore lint/suspicious/noExplicitAny: what is inside is what the test is about
export function inside(reply: Reply | undefined): any {
  if (!reply?.ok) throw new Error(`refused: ${JSON.stringify(reply)}`);
  return reply.value;
}

/** Status and code of a refusal, or the status of an answer. */
export function briefly(reply: Reply | undefined): string {
  if (!reply) return "nothing";
  return reply.ok ? `${reply.status}` : `${reply.problem.status} ${reply.problem.code}`;
}
