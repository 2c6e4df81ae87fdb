/**
 * Commands of this hub on their way into the log. Each is handed to the leader, again to the next one if need be, and is applied
 * once whatever was handed how often (sessions.ts). What a client is told never claims more than is known: a command that was
 * never handed to a leader was not applied; one that was handed, and not seen in the log, may be.
 */
import { type Reply, refused } from "../common/problem.ts";
import type { GroupId, HubId, Millis } from "../common/types.ts";
import { asCarried, type Command, KEY_BYTES, type Operation, type Session, VALUE_BYTES } from "../wire/log.ts";
import type { Batch } from "./batch.ts";
import type { QuorumView } from "./raft/index.ts";

export interface WriteAsked {
  readonly operation: Operation;
  readonly idempotency: Command["idempotency"];
  readonly deadline: Millis;
  readonly finish: (reply: Reply) => void;
}

interface Waiting extends WriteAsked {
  readonly command: Command;
  /** The term whose leader has it; 0: none, or it may be lost. */
  handedIn: number;
  /** The last term whose leader was handed it, and has not refused it. */
  lastTerm: number;
  /** The last term whose leader refused it. */
  refusedIn: number;
  /** How many leaders have had it, less those that refused it. */
  leaders: number;
}

/** Of one hub and group; the session keeps as many results. */
export const MAX_WRITES = 1_024;

export class Writers {
  readonly #group: GroupId;
  readonly #hub: Pick<Session, "hubId" | "replica" | "incarnation">;
  readonly #waiting = new Map<number, Waiting>();
  #seq = 0;

  constructor(group: GroupId, hubId: HubId, replica: number, incarnation: number) {
    this.#group = group;
    this.#hub = { hubId, replica, incarnation };
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  nextDeadline(): Millis {
    let next = Number.POSITIVE_INFINITY;
    for (const { deadline } of this.#waiting.values()) next = Math.min(next, deadline);
    return next;
  }

  submit(asked: WriteAsked): void {
    if (this.#waiting.size >= MAX_WRITES) {
      const detail = `this hub has ${MAX_WRITES} writes to group ${this.#group} under way: try again in a moment`;
      return asked.finish(refused(429, "too_many_writes", detail, { limits: { max_writes: MAX_WRITES } }));
    }
    const seq = this.#seq + 1;
    const session = { ...this.#hub, seq, floor: this.#waiting.keys().next().value ?? seq };
    const command = asCarried({ session, idempotency: asked.idempotency, operation: asked.operation });
    if (command instanceof RangeError) return asked.finish(refused(413, "too_large", tooLarge(command)));
    this.#seq = seq;
    this.#waiting.set(this.#seq, { ...asked, command, handedIn: 0, lastTerm: 0, refusedIn: 0, leaders: 0 });
  }

  /** With those that the leader of `term` does not have yet, and has not refused. */
  fill(batch: Batch, term: number): void {
    for (const { command, handedIn, refusedIn } of this.#waiting.values()) {
      if (handedIn !== term && refusedIn !== term && !batch.add(command)) return;
    }
  }

  handed(commands: readonly Command[], term: number): void {
    for (const { session } of commands) {
      const waiting = this.#waiting.get(session.seq);
      if (!waiting) continue;
      waiting.handedIn = term;
      if (waiting.lastTerm !== term) waiting.leaders += 1;
      waiting.lastTerm = term;
    }
  }

  /** What was handed may be lost on its way: hand it again. */
  handAgain(): void {
    for (const waiting of this.#waiting.values()) waiting.handedIn = 0;
  }

  /** The leader of `term` did not take it, and never will in that term, for want of a quorum. */
  refusedBy(seq: number, term: number, quorum: QuorumView): void {
    const waiting = this.#waiting.get(seq);
    if (!waiting || waiting.lastTerm !== term) return;
    waiting.lastTerm = 0;
    waiting.refusedIn = term;
    waiting.leaders -= 1;
    // An earlier leader may have it in its log: then it is not known to be lost.
    if (waiting.leaders === 0) this.#settle(seq, noQuorum(this.#group, quorum));
  }

  /** Nobody can be elected: what no leader has ever had fails now. */
  failUnhanded(quorum: QuorumView): void {
    for (const [seq, { leaders }] of this.#waiting) {
      if (leaders === 0) this.#settle(seq, noQuorum(this.#group, quorum));
    }
  }

  /** It is in the log. */
  applied(session: Session, reply: Reply): void {
    const { hubId, replica, incarnation } = this.#hub;
    const own = session.hubId === hubId && session.replica === replica && session.incarnation === incarnation;
    if (own) this.#settle(session.seq, reply);
  }

  /** A snapshot may have passed over entries with commands of this hub. */
  lookUp(outcome: (session: Session) => Reply | undefined): void {
    for (const [seq, { command }] of this.#waiting) {
      const reply = outcome(command.session);
      if (reply) this.#settle(seq, reply);
    }
  }

  expire(now: Millis, quorum: QuorumView): void {
    for (const [seq, { deadline, leaders }] of this.#waiting) {
      if (deadline > now) continue;
      this.#settle(seq, leaders > 0 ? outcomeUnknown(this.#group) : noQuorum(this.#group, quorum));
    }
  }

  #settle(seq: number, reply: Reply): void {
    const waiting = this.#waiting.get(seq);
    this.#waiting.delete(seq);
    waiting?.finish(reply);
  }
}

export function noQuorum(group: GroupId, quorum: QuorumView): Reply<never> {
  const detail =
    quorum.have >= quorum.need
      ? `group ${group} has no leader yet, and nothing was written: try again`
      : `group ${group} has ${quorum.have} of the ${quorum.need} votes that it takes, so nothing was written. Try again when more of its hubs are back.`;
  return refused(503, "no_quorum", detail, { group, quorum });
}

function tooLarge({ message }: RangeError): string {
  return `the write has a part that is too large (${message}), and nothing was written: a key is at most ${KEY_BYTES} bytes, a value ${VALUE_BYTES}`;
}

function outcomeUnknown(group: GroupId): Reply<never> {
  const detail = `group ${group} did not confirm the write in time: it may or may not be applied. Read the key, or repeat the write with the same Idempotency-Key.`;
  return refused(504, "outcome_unknown", detail, { group });
}
