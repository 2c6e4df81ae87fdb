/**
 * A leader's side of forwarded commands. What it has refused in its term it never takes in that term, however late a copy
 * arrives: who forwarded it has told its client that nothing was applied.
 */
import type { HubId } from "../common/types.ts";
import type { Command, Session } from "../wire/log.ts";

/** Commands that wait for the log to catch up, of all hubs. */
const MAX_QUEUED = 4_096;
/** Remembered refusals: beyond it the oldest stand for all before them of their hub. */
const MAX_REFUSED = 1_024;

type Name = Pick<Session, "hubId" | "incarnation" | "seq">;

export class Intake {
  #term = 0;
  #queue: Command[] = [];
  #refused = new Set<string>();
  readonly #refusedUpTo = new Map<HubId, { incarnation: number; seq: number }>();

  get queued(): number {
    return this.#queue.length;
  }

  begin(term: number): void {
    if (term === this.#term) return;
    this.#term = term;
    this.#queue = [];
    this.#refused = new Set();
    this.#refusedUpTo.clear();
  }

  /** False: refused, now or before. */
  offer(command: Command): boolean {
    if (this.#wasRefused(command.session)) return false;
    if (this.#queue.length >= MAX_QUEUED) return false;
    this.#queue.push(command);
    return true;
  }

  refuse({ hubId, incarnation, seq }: Name): void {
    this.#refused.add(nameOf({ hubId, incarnation, seq }));
    if (this.#refused.size <= MAX_REFUSED) return;
    const oldest = this.#refused.values().next().value as string;
    this.#refused.delete(oldest);
    const [hub, run, number] = JSON.parse(oldest) as [HubId, number, number];
    const before = this.#refusedUpTo.get(hub);
    const seqUpTo = before?.incarnation === run ? Math.max(before.seq, number) : number;
    if (!before || before.incarnation <= run) this.#refusedUpTo.set(hub, { incarnation: run, seq: seqUpTo });
  }

  take(limit: number): Command[] {
    return this.#queue.splice(0, limit);
  }

  /** Leadership has ended: who forwarded them hands them to the next. */
  clear(): void {
    this.#queue = [];
  }

  #wasRefused(session: Name): boolean {
    if (this.#refused.has(nameOf(session))) return true;
    const upTo = this.#refusedUpTo.get(session.hubId);
    return upTo !== undefined && upTo.incarnation === session.incarnation && session.seq <= upTo.seq;
  }
}

function nameOf({ hubId, incarnation, seq }: Name): string {
  return JSON.stringify([hubId, incarnation, seq]);
}
