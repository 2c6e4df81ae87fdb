/** Strong keys: asked of the group that agrees on them. */
import type { Context } from "hono";
import { type Reply, refused } from "../../hub-core/common/problem.ts";
import type { GroupId, Json } from "../../hub-core/common/types.ts";
import type { Expectation, Fence, ReadConsistency } from "../../hub-core/consensus/requests.ts";
import { GLOBAL_GROUP, VALUE_BYTES } from "../../hub-core/wire/log.ts";
import type { EdgeEnv } from "../edge-env.ts";
import { jsonBytes } from "../http/index.ts";
import { askGroup, writeKey } from "../hubs/index.ts";

export interface StrongWrite {
  readonly key: string;
  readonly scope: GroupId | undefined;
  readonly expect: Expectation | undefined;
  readonly fence: Fence | undefined;
}

/** `value`: not nested too deep. */
export function putStrong(
  c: Context<EdgeEnv>,
  {
    key,
    scope,
    expect,
    fence,
    lease,
    value,
  }: StrongWrite & { readonly lease: string | undefined; readonly value: Json },
): Promise<Reply> | Reply {
  const bytes = jsonBytes(value);
  if (bytes > VALUE_BYTES) {
    const detail = `the value has ${bytes} bytes of JSON, and ${VALUE_BYTES} fit`;
    return refused(413, "value_too_large", detail, { limit: VALUE_BYTES, bytes });
  }
  const group = scope ?? GLOBAL_GROUP;
  const idempotencyKey = writeKey(c);
  const write = { ...given({ expect, fence, lease }), group, key, value, idempotencyKey };
  return askGroup(c, group, { kind: "state-put", ...write }, { effect: "write", idempotencyKey });
}

export function deleteStrong(c: Context<EdgeEnv>, { key, scope, expect, fence }: StrongWrite): Promise<Reply> {
  const group = scope ?? GLOBAL_GROUP;
  const idempotencyKey = writeKey(c);
  const write = { ...given({ expect, fence }), group, key, idempotencyKey };
  return askGroup(c, group, { kind: "state-delete", ...write }, { effect: "write", idempotencyKey });
}

export function getStrong(
  c: Context<EdgeEnv>,
  key: string,
  scope: GroupId | undefined,
  consistency: ReadConsistency,
): Promise<Reply> {
  const group = scope ?? GLOBAL_GROUP;
  return askGroup(c, group, { kind: "state-get", group, key, consistency }, { effect: "read" });
}

type Given<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

/** Without what is undefined: a request says nothing of it then. */
function given<T extends object>(all: T): Given<T> {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Given<T>;
}
