/** What a reader is told, with the field names of docs/API.md. */
import { isoTime } from "../../common/iso-time.ts";
import { answered, type Reply, refused } from "../../common/problem.ts";
import type { GroupId, Json } from "../../common/types.ts";
import type { ChangesAnswer, ChangesPage, KeyPage } from "../../wire/key-values.ts";
import type { KeySpace } from "./key-space.ts";
import type { Lease } from "./leases.ts";
import { DEFAULT_PAGE, MAX_PAGE, MAX_PAGE_BYTES } from "./limits.ts";
import type { StoredKey } from "./stored-key.ts";
import type { Change } from "./watch-history.ts";

export interface KeyAnswer {
  readonly key: string;
  readonly value: Json;
  readonly version: number;
  readonly create_revision: number;
  readonly fencing_token: number;
  readonly lease: string | null;
}

/** All but the value. */
export function standingOf(key: StoredKey): Omit<KeyAnswer, "value"> {
  return {
    key: key.key,
    version: key.version,
    create_revision: key.createdAt,
    fencing_token: key.heldSince,
    lease: key.lease,
  };
}

export function keyAnswer(key: StoredKey): KeyAnswer {
  return { ...standingOf(key), value: JSON.parse(key.value) as Json };
}

export function listKeys(space: KeySpace, group: GroupId, { prefix, cursor, limit }: KeyPage): Reply {
  const size = pageSize(limit);
  const keys: KeyAnswer[] = [];
  let bytes = 0;
  let next: string | null = null;
  for (const name of space.sorted.under(prefix, cursor)) {
    if (keys.length === size || bytes > MAX_PAGE_BYTES) {
      next = keys.at(-1)?.key ?? null;
      break;
    }
    const key = space.get(name) as StoredKey;
    keys.push(keyAnswer(key));
    bytes += key.bytes;
  }
  return answered({ keys, next_cursor: next, revision: space.revision, group });
}

/** A page ends between two revisions, never inside one. */
export function changesSince(
  space: KeySpace,
  group: GroupId,
  { prefix, since, limit }: ChangesPage,
): Reply<ChangesAnswer> {
  const history = space.history.since(since);
  if (history === null) return compacted(space, since);
  const size = pageSize(limit);
  const changes: ReturnType<typeof changeAnswer>[] = [];
  let bytes = 0;
  let told = since;
  for (const change of history) {
    if (change.revision !== told && (changes.length >= size || bytes > MAX_PAGE_BYTES)) {
      return answered({ changes, revision: told, group });
    }
    told = change.revision;
    if (!change.key.startsWith(prefix)) continue;
    changes.push(changeAnswer(change));
    bytes += change.put?.bytes ?? change.key.length;
  }
  return answered({ changes, revision: told, group });
}

function compacted(space: KeySpace, since: number): Reply<never> {
  const { forgotten } = space.history;
  const detail = `Changes up to revision ${forgotten} are no longer kept, and you asked for those after ${since}. List the keys, and watch from the revision that the list tells.`;
  return refused(410, "compacted", detail, { compacted_revision: forgotten, revision: space.revision });
}

function changeAnswer({ revision, key, put }: Change) {
  return put === null
    ? { type: "delete" as const, key, revision }
    : { type: "put" as const, ...keyAnswer(put), revision };
}

export function leaseAnswer({ lease, ttlMs, grantedAt, expiresAt }: Lease, group: GroupId) {
  return { lease_id: lease, ttl_ms: ttlMs, granted_at: isoTime(grantedAt), expires_at: isoTime(expiresAt), group };
}

function pageSize(limit = DEFAULT_PAGE): number {
  return Math.min(MAX_PAGE, Math.max(1, limit));
}
