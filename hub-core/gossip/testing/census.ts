/** What a test asks of a virtual group. */
import type { Rumor } from "../../wire/catalog.ts";
import type { Traffic, VirtualGroup, VirtualHub } from "./virtual-group.ts";

export function living(group: VirtualGroup): VirtualHub[] {
  return group.hubs.filter(({ alive }) => alive);
}

export function everyoneCovers(group: VirtualGroup, rumors: readonly Rumor[]): boolean {
  return living(group).every(({ store }) => rumors.every(({ origin, seq, key }) => store.covers(origin, seq, key)));
}

export function digestsEqual(group: VirtualGroup): boolean {
  return new Set(living(group).map(({ store }) => store.digest().join())).size === 1;
}

/** Hubs that applied some update more than once. */
export function appliedTwice(group: VirtualGroup): string[] {
  return group.hubs.flatMap(({ id, notices }) => {
    const ids = notices.flatMap((notice) =>
      notice.kind === "rumor-applied" ? [`${notice.rumor.seq}@${notice.rumor.origin}`] : [],
    );
    return new Set(ids).size === ids.length ? [] : [id];
  });
}

/** Counts what passes; `reset` starts a new measurement. */
export class Meter {
  readonly #counts = new Map<string, number>();
  rumors = 0;
  bytes = 0;
  largest = 0;

  readonly note = ({ message, bytes }: Traffic): void => {
    this.#counts.set(message.kind, (this.#counts.get(message.kind) ?? 0) + 1);
    this.bytes += bytes;
    this.largest = Math.max(this.largest, bytes);
    if (message.kind === "gossip-push" || message.kind === "gossip-range") this.rumors += message.rumors.length;
  };

  count(kind: string): number {
    return this.#counts.get(kind) ?? 0;
  }

  get messages(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  reset(): void {
    this.#counts.clear();
    this.rumors = 0;
    this.bytes = 0;
    this.largest = 0;
  }
}
