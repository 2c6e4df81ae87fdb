/** Entries of logs, each once by number. */
import type { StoredLog } from "../../../hub-core/common/outbox.ts";
import type { Raft } from "../../../hub-core/consensus/raft/index.ts";
import { decodeEntry, type Entry } from "../../../hub-core/wire/log.ts";
import { Texts } from "./canonical.ts";

export class Entries {
  readonly #numbers = new Map<string, number>();
  readonly #logs = new Texts();
  readonly entries: Entry[] = [];

  number(bytes: Uint8Array): number {
    const text = String.fromCharCode(...bytes);
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    const number = this.entries.push(entryOf(bytes)) - 1;
    this.#numbers.set(text, number);
    return number;
  }

  logNumber(log: readonly number[]): number {
    return this.#logs.number(log.join());
  }

  at(number: number): Entry {
    return this.entries[number] as Entry;
  }

  isSame({ state }: Raft, stored: StoredLog): boolean {
    return (
      stored.vote.term === state.term &&
      stored.vote.votedFor?.hubId === state.votedFor?.hubId &&
      stored.vote.votedFor?.replica === state.votedFor?.replica &&
      stored.vote.lineage === state.lineage &&
      stored.entries.length === state.log.length &&
      stored.entries.every(
        ({ index, bytes }) => this.number(bytes) === this.number(state.log.entry(index)?.bytes ?? bytes),
      )
    );
  }

  said({ vote, entries, commit }: StoredLog): unknown {
    return { vote, commit, entries: entries.map(({ bytes }) => entryOf(bytes)) };
  }
}

export function entryOf(bytes: Uint8Array): Entry {
  const entry = decodeEntry(bytes);
  if (entry instanceof Error) throw entry;
  return entry;
}
