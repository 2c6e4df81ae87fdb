/** Linearizable reads of this hub: each waits for a read index of the leader, then until this hub has applied that far. */
import { type Reply, refused } from "../common/problem.ts";
import type { GroupId, Millis } from "../common/types.ts";
import type { QuorumView } from "./raft/index.ts";

export interface ReadWanted {
  readonly answer: () => Reply;
  readonly deadline: Millis;
  readonly finish: (reply: Reply) => void;
}

interface Waiting extends ReadWanted {
  /** The term whose leader was asked; 0: none. */
  askedIn: number;
  /** Null until the leader has said. */
  index: number | null;
}

export const MAX_READS_WAITING = 4_096;

export class Readers {
  readonly #group: GroupId;
  readonly #waiting = new Map<number, Waiting>();
  #lastId: number;

  /** `firstId`: another for each run, so that no answer to an earlier run is taken for one to this. */
  constructor(group: GroupId, firstId: number) {
    this.#group = group;
    this.#lastId = firstId;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  nextDeadline(): Millis {
    let next = Number.POSITIVE_INFINITY;
    for (const { deadline } of this.#waiting.values()) next = Math.min(next, deadline);
    return next;
  }

  submit(wanted: ReadWanted): void {
    if (this.#waiting.size >= MAX_READS_WAITING) {
      const detail = `this hub has ${MAX_READS_WAITING} reads of group ${this.#group} under way: try again in a moment`;
      return wanted.finish(refused(429, "too_many_reads", detail, { limits: { max_reads: MAX_READS_WAITING } }));
    }
    this.#waiting.set(this.#nextId(), { ...wanted, askedIn: 0, index: null });
  }

  /** Under names that no earlier attempt had: an index is for the attempt that asked for it, never for its retry. */
  unasked(term: number, limit: number): number[] {
    const ids: number[] = [];
    for (const [id, read] of [...this.#waiting]) {
      if (ids.length === limit) break;
      if (read.index !== null || read.askedIn === term) continue;
      this.#waiting.delete(id);
      const again = this.#nextId();
      this.#waiting.set(again, { ...read, askedIn: term });
      ids.push(again);
    }
    return ids;
  }

  askAgain(): void {
    for (const read of this.#waiting.values()) if (read.index === null) read.askedIn = 0;
  }

  /** The leader says that nothing can be committed. */
  refusedBy(ids: readonly number[], quorum: QuorumView): void {
    for (const id of ids) {
      const read = this.#waiting.get(id);
      if (!read || read.index !== null) continue;
      this.#waiting.delete(id);
      read.finish(cannotRead(this.#group, quorum));
    }
  }

  ready(ids: readonly number[], index: number): void {
    for (const id of ids) {
      const read = this.#waiting.get(id);
      if (read && read.index === null) read.index = index;
    }
  }

  appliedUpTo(applied: number): void {
    for (const [id, { index, answer, finish }] of this.#waiting) {
      if (index === null || index > applied) continue;
      this.#waiting.delete(id);
      finish(answer());
    }
  }

  /** Those that no leader has vouched for: none can. */
  fail(quorum: QuorumView): void {
    for (const [id, { index, finish }] of this.#waiting) {
      if (index !== null) continue;
      this.#waiting.delete(id);
      finish(cannotRead(this.#group, quorum));
    }
  }

  expire(now: Millis, quorum: QuorumView): void {
    for (const [id, { deadline, finish }] of this.#waiting) {
      if (deadline > now) continue;
      this.#waiting.delete(id);
      finish(cannotRead(this.#group, quorum));
    }
  }

  #nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }
}

/** To a stale read. */
export function cannotTell(group: GroupId, unsettled: number, quorum: QuorumView): Reply<never> {
  const detail = `this hub has just started, and does not know yet whether the last entries of its log of group ${group} count (${unsettled} with commands): what you ask for may be among them. Ask another hub, or try again`;
  return refused(503, "no_quorum", detail, { group, quorum });
}

function cannotRead(group: GroupId, quorum: QuorumView): Reply<never> {
  const detail = `group ${group} cannot vouch for what it has (${quorum.have} of ${quorum.need} votes): read with consistency=stale, or try again`;
  return refused(503, "no_quorum", detail, { group, quorum });
}
