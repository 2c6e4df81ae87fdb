/**
 * A leader's side of forwarded commands. What it has refused in its term it never takes in that term, however late a copy
 * arrives; and what it has taken it never refuses: who forwarded it tells its client what became of it.
 */
import type { HubId } from "../common/types.ts";
import type { Command, SessionName } from "../wire/log.ts";
import type { Batch } from "./batch.ts";

/** Commands that wait for the log to catch up, of all hubs. */
export const MAX_QUEUED = 4_096;
/** Remembered refusals: beyond it the oldest stand for all before them of their hub. */
export const MAX_REFUSED = 1_024;

export class Intake {
  #term = 0;
  #queue: Command[] = [];
  /** Queued, or in the log and not applied yet. */
  readonly #taken = new Set<string>();
  readonly #refused = new Set<string>();
  /** By hub and replica. */
  readonly #refusedUpTo = new Map<string, { incarnation: number; seq: number }>();

  get queued(): number {
    return this.#queue.length;
  }

  begin(term: number): void {
    if (term === this.#term) return;
    this.#term = term;
    this.clear();
    this.#refused.clear();
    this.#refusedUpTo.clear();
  }

  /** False: not now, or never in this term. One that was taken before is not taken twice. */
  offer(command: Command): boolean {
    if (this.hasTaken(command.session)) return true;
    if (this.#wasRefused(command.session) || this.#queue.length >= MAX_QUEUED) return false;
    this.#taken.add(nameOf(command.session));
    this.#queue.push(command);
    return true;
  }

  hasTaken(session: SessionName): boolean {
    return this.#taken.has(nameOf(session));
  }

  /** For the rest of the term. */
  refuse(session: SessionName): void {
    this.#refused.add(nameOf(session));
    if (this.#refused.size <= MAX_REFUSED) return;
    const oldest = this.#refused.values().next().value as string;
    this.#refused.delete(oldest);
    const [hubId, replica, run, number] = JSON.parse(oldest) as [HubId, number, number, number];
    const who = `${hubId} ${replica}`;
    const before = this.#refusedUpTo.get(who);
    const seqUpTo = before?.incarnation === run ? Math.max(before.seq, number) : number;
    if (!before || before.incarnation <= run) this.#refusedUpTo.set(who, { incarnation: run, seq: seqUpTo });
  }

  fill(batch: Batch): void {
    const end = this.#queue.findIndex((command) => !batch.add(command));
    this.#queue.splice(0, end === -1 ? this.#queue.length : end);
  }

  /** From here on the state knows how it ended. */
  applied(session: SessionName): void {
    this.#taken.delete(nameOf(session));
  }

  /** Leadership has ended: who forwarded them hands them to the next. */
  clear(): void {
    this.#queue = [];
    this.#taken.clear();
  }

  #wasRefused(session: SessionName): boolean {
    if (this.#refused.has(nameOf(session))) return true;
    const upTo = this.#refusedUpTo.get(`${session.hubId} ${session.replica}`);
    return upTo !== undefined && upTo.incarnation === session.incarnation && session.seq <= upTo.seq;
  }
}

function nameOf({ hubId, replica, incarnation, seq }: SessionName): string {
  return JSON.stringify([hubId, replica, incarnation, seq]);
}
