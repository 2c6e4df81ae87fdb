/** Strong keys as bytes: equal state is equal bytes, whatever log or snapshot it came from. */
import { DecodeError, type Reader, type Writer } from "../../wire/bytes.ts";
import { id } from "../../wire/catalog.ts";
import { type Decoded, list, nullable, struct, text, uint, union, variant } from "../../wire/codec.ts";
import { KEY_BYTES, VALUE_BYTES } from "../../wire/log.ts";
import { KeySpace } from "./key-space.ts";
import { Leases } from "./leases.ts";
import { MAX_CHANGES, MAX_KEYS, MAX_LEASES } from "./limits.ts";
import { type StoredKey, utf8Bytes } from "./stored-key.ts";
import { type Change, WatchHistory } from "./watch-history.ts";

const key = text(KEY_BYTES);
const standing = { value: text(VALUE_BYTES), createdAt: uint, heldSince: uint, lease: nullable(id) } as const;

const contents = struct({
  revision: uint,
  leases: list(struct({ lease: id, ttlMs: uint, grantedAt: uint, expiresAt: uint }), MAX_LEASES),
  keys: list(struct({ key, version: uint, ...standing }), MAX_KEYS),
  forgotten: uint,
  changes: list(
    union({
      /** As the key is now. */
      latest: variant(1, { key, revision: uint }),
      replaced: variant(2, { key, revision: uint, ...standing }),
      deleted: variant(3, { key, revision: uint }),
    }),
    MAX_CHANGES,
  ),
});
type StoredChange = Decoded<typeof contents>["changes"][number];

export function writeContents(writer: Writer, space: KeySpace, leases: Leases): void {
  contents.write(writer, {
    revision: space.revision,
    leases: leases.sorted(),
    keys: [...space.sorted].map((name) => space.get(name) as StoredKey),
    forgotten: space.history.forgotten,
    changes: [...space.history].map((change) => storedChange(change, space.get(change.key))),
  });
}

function storedChange({ revision, key, put }: Change, now: StoredKey | undefined): StoredChange {
  if (put === null) return { kind: "deleted", key, revision };
  return put === now ? { kind: "latest", key, revision } : { kind: "replaced", ...put, revision };
}

export function readContents(reader: Reader): { readonly space: KeySpace; readonly leases: Leases } {
  const stored = contents.read(reader);
  const leases = new Leases();
  for (const lease of stored.leases) leases.add({ ...lease, keys: new Set() });
  const keys = stored.keys.map((one) => ({ ...one, bytes: utf8Bytes(one.key) + utf8Bytes(one.value) }));
  if (keys.some(({ lease }) => lease !== null && !leases.get(lease))) throw new DecodeError("a key of no lease");
  const latest = new Map(keys.map((one) => [one.key, one]));
  const changes = stored.changes.map((change): Change => {
    const { key, revision } = change;
    if (change.kind === "deleted") return { revision, key, put: null };
    if (change.kind === "replaced") return { revision, key, put: replaced(change) };
    const put = latest.get(key);
    if (put?.version !== revision) throw new DecodeError("a change that the key does not show");
    return { revision, key, put };
  });
  return { space: new KeySpace(leases, stored.revision, keys, new WatchHistory(stored.forgotten, changes)), leases };
}

function replaced({ kind: _, revision, ...rest }: Extract<StoredChange, { kind: "replaced" }>): StoredKey {
  return { ...rest, version: revision, bytes: utf8Bytes(rest.key) + utf8Bytes(rest.value) };
}
