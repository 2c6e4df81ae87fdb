/** An origin never uses a sequence number for two things, across crashes and restarts, while its storage lives. */
import { hash32 } from "../../../hub-core/common/random.ts";
import { rumor } from "../../../hub-core/wire/catalog.ts";
import { DecodeError, decode } from "../../../hub-core/wire/codec.ts";
import { Violation } from "../failure.ts";
import type { Invariant } from "./invariant.ts";

export function sequenceUnique(): Invariant {
  const name = "sequence-unique";
  /** By origin (and storage epoch), what each number stands for. */
  const keys = new Map<string, Map<number, string>>();
  const contents = new Map<string, Map<number, string>>();
  const claim = (log: Map<string, Map<number, string>>, origin: string, seq: number, what: string): void => {
    const used = log.get(origin) ?? new Map<number, string>();
    log.set(origin, used);
    const before = used.get(seq);
    if (before !== undefined && before !== what)
      throw new Violation(name, `${origin} used number ${seq} for ${before} and again for ${what}`);
    used.set(seq, what);
  };
  return {
    name,
    afterStep: ({ hub, durable }) => {
      for (const write of durable) {
        if (write.table !== "record" || write.bytes === null) continue;
        // The version it was written in comes first.
        const stored = decode(rumor, write.bytes.subarray(1), write.bytes[0] ?? 0);
        if (stored instanceof DecodeError)
          throw new Violation(name, `${hub.id} stored what nobody can read: ${stored.message}`);
        const author = `${hub.id}/${hub.storage.epoch}`;
        claim(keys, author, stored.seq, stored.key);
        claim(contents, author, stored.seq, `${stored.key} #${hash32(JSON.stringify(stored.body))}`);
      }
    },
    onLogs: (_, { store }, world, changed) => {
      for (const origin of changed) {
        const author = world.hub(origin);
        // After a loss of storage the old numbers are still about: the author jumps over them when it meets them.
        if (!author || author.storage.epoch > 0) continue;
        for (const { seq, key } of store.changesSince(origin, 0, Number.MAX_SAFE_INTEGER).rumors)
          claim(keys, `${origin}/0`, seq, key);
      }
    },
  };
}
