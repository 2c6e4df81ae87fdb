/** How many commands go into one entry, or into one message: by number, and by bytes, for an entry is stored as one row. */
import type { Command } from "../wire/log.ts";

export const MAX_BATCH = 256;
/** Well below what an entry may be (`ENTRY_BYTES`), also when relayed. One command alone always fits. */
export const BATCH_BYTES = 393_216;

/** What is not text, at most. */
const REST_BYTES = 1_024;
const UTF8_BYTES_PER_UNIT = 3;

export class Batch {
  readonly commands: Command[] = [];
  #bytes = 0;

  /** False: it is full. */
  add(command: Command): boolean {
    const bytes = bytesAtMost(command);
    const fits = this.commands.length < MAX_BATCH && this.#bytes + bytes <= BATCH_BYTES;
    if (!fits && this.commands.length > 0) return false;
    this.commands.push(command);
    this.#bytes += bytes;
    return true;
  }
}

function bytesAtMost({ operation, idempotency }: Command): number {
  let units = (idempotency?.key.length ?? 0) + (idempotency?.request.length ?? 0);
  for (const part of Object.values(operation)) if (typeof part === "string") units += part.length;
  return REST_BYTES + UTF8_BYTES_PER_UNIT * units;
}
