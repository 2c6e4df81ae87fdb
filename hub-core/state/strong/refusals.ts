/** Why a write was not applied. */
import { type Reply, refused } from "../../common/problem.ts";
import type { Fence, KeyValueUsage } from "../../wire/key-values.ts";
import { MAX_LEASE_MS, MIN_LEASE_MS } from "./limits.ts";
import type { StoredKey } from "./stored-key.ts";

export function keyUnknown(key: string): Reply<never> {
  const detail = `There is no key "${key}" in this scope. One that was written with another scope is found with it, as in scope=region:{id}.`;
  return refused(404, "key_unknown", detail);
}

export function leaseUnknown(lease: string): Reply<never> {
  return refused(
    404,
    "lease_unknown",
    `There is no lease "${lease}": it has ended, or was never granted. Take a new one.`,
  );
}

export function leaseExists(lease: string): Reply<never> {
  return refused(409, "lease_exists", `There is a lease "${lease}" already. Renew it, or take one of another name.`);
}

export function leaseTtl(ttlMs: number): Reply<never> {
  const detail = `A lease lasts between ${MIN_LEASE_MS} and ${MAX_LEASE_MS} ms, not ${ttlMs}.`;
  return refused(400, "lease_ttl", detail, { min_ms: MIN_LEASE_MS, max_ms: MAX_LEASE_MS });
}

export function versionMismatch(key: string, expected: number, present: StoredKey | undefined): Reply<never> {
  const version = present?.version ?? null;
  const wanted = expected === 0 ? "absent" : `at version ${expected}`;
  const is = version === null ? "is absent" : `has version ${version}`;
  const detail = `"${key}" ${is}, and was to be ${wanted}. Read it again and decide anew.`;
  return refused(412, "version_mismatch", detail, { key, version });
}

export function fencedOff({ key, token }: Fence, present: StoredKey | undefined): Reply<never> {
  const held = present?.heldSince ?? null;
  const is = held === null ? "is held by nobody" : `is held with fencing token ${held}`;
  const detail = `"${key}" ${is}, and this write came under token ${token}: whoever held it with that one has lost it, and must not write under it.`;
  return refused(412, "fenced_off", detail, { key, fencing_token: held });
}

export function notJson(key: string): Reply<never> {
  return refused(400, "invalid_value", `The value for "${key}" is not JSON.`);
}

export function noRoom(what: string, usage: KeyValueUsage): Reply<never> {
  const detail = `This group's strong state has no room for another ${what}. Delete what is not needed, or use eventual keys.`;
  return refused(507, "capacity_exhausted", detail, { limits: usage });
}
