/** The vote and the log of one replica of a group as its storage holds them, whatever its hub has in memory. */
import type { GroupId } from "../../../hub-core/common/types.ts";
import type { Configuration, Replica } from "../../../hub-core/wire/log.ts";
import type { SimHub } from "../sim-hub.ts";

/** For people, and to compare. */
export function nameOf(votedFor: Replica | null): string {
  return votedFor === null ? "nobody" : `replica ${votedFor.replica} of ${votedFor.hubId}`;
}

interface Placed {
  readonly index: number;
  readonly term: number;
  readonly configuration: Configuration;
}

export class StoredReplica {
  readonly hub: SimHub;
  readonly group: GroupId;
  readonly replica: number;
  readonly #epoch: number;
  lineage = 0;
  term = 0;
  votedFor: Replica | null = null;
  snapshotIndex = 0;
  /** Whom it voted for, by term. */
  readonly votes = new Map<number, Replica>();
  /** By index; undefined where only a snapshot is known. Those before a snapshot stay, to be compared. */
  #terms: (number | undefined)[] = [0];
  #configurations: Placed[] = [];

  constructor(hub: SimHub, group: GroupId, replica: number) {
    this.hub = hub;
    this.group = group;
    this.replica = replica;
    this.#epoch = hub.storage.epoch;
  }

  /** What it had is gone, and what it had said still counts. */
  get lost(): boolean {
    return this.hub.storage.epoch !== this.#epoch;
  }

  get lastIndex(): number {
    return this.#terms.length - 1;
  }

  get lastTerm(): number {
    return this.#terms.at(-1) ?? 0;
  }

  termAt(index: number): number | undefined {
    return this.#terms[index];
  }

  /** A snapshot stands for all that is committed up to it. */
  has(index: number, term: number): boolean {
    return index <= this.snapshotIndex || this.#terms[index] === term;
  }

  /** The latest, committed or not. */
  get configuration(): Configuration | undefined {
    return this.#configurations.at(-1)?.configuration;
  }

  /** The latest that was there before `term` began. */
  configurationBefore(term: number): Configuration | undefined {
    return this.#configurations.findLast((one) => one.term < term)?.configuration;
  }

  append(term: number, configuration: Configuration | null): void {
    this.#terms.push(term);
    if (configuration) this.#configurations.push({ index: this.lastIndex, term, configuration });
  }

  truncate(from: number): void {
    this.#terms.length = Math.min(this.#terms.length, from);
    this.#configurations = this.#configurations.filter(({ index }) => index < from);
  }

  compact(index: number, term: number, configuration: Configuration): void {
    if (this.#terms[index] !== term) {
      const rest = this.#terms.slice(index + 1);
      this.#terms = [...new Array<undefined>(index).fill(undefined), term, ...rest];
      this.#configurations = this.#configurations.filter((one) => one.index > index);
      this.#configurations.unshift({ index, term, configuration });
    }
    this.snapshotIndex = index;
  }
}
